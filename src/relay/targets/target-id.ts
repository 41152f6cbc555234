// What one organization sees of a device: an HMAC over organization, app and push target under one long-lived key.
// Stable (the same device registers to the same id), opaque, and different for every organization.

import { createHmac, type KeyObject } from 'node:crypto';
import type { PushTarget } from '../../contract/push-targets.ts';
import { lengthPrefixed } from './seal-ring.ts';

export class TargetIds {
  /** A KeyObject: on Node 24 a raw key costs 30 µs more at every call. */
  readonly #key: KeyObject;

  constructor({ key }: { key: KeyObject }) {
    this.#key = key;
  }

  of(organizationId: string, appId: string, target: PushTarget): string {
    return this.#digest(['target-id', organizationId, appId, ...targetParts(target)]).toString('base64url');
  }

  /** The same device whoever asks: for limits that protect the device itself. Never leaves the relay. */
  limitKey(target: PushTarget): Buffer {
    return this.#digest(['limit', ...targetParts(target)]);
  }

  #digest(parts: string[]): Buffer {
    return createHmac('sha256', this.#key).update(lengthPrefixed(parts)).digest();
  }
}

function targetParts(target: PushTarget): string[] {
  switch (target.provider) {
    case 'apns':
      return [target.provider, target.environment, target.token];
    case 'fcm':
      return [target.provider, target.token];
    case 'webpush':
      return [target.provider, target.endpoint];
  }
}

/** One spelling per device; undefined when it cannot be a push target. */
export function canonicalTarget(target: PushTarget): PushTarget | undefined {
  if (target.provider !== 'webpush') return target;
  const endpoint = new URL(target.endpoint);
  endpoint.hash = '';
  const { href } = endpoint;
  const plain = endpoint.username === '' && endpoint.password === '' && !/["\\]/.test(href);
  return plain && href.length <= 1024 ? { provider: 'webpush', endpoint: href } : undefined;
}
