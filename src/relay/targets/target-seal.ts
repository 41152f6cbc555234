// Sealed targets: how an organization's proxy keeps a device that only the relay can reach. A seal opens for the
// realm in the caller's own access token, one app and the organization's current seal epoch, and for 180 days.
// What cannot be opened is a value, never an exception: it comes from outside, and it must not end a subscription.

import { z } from 'zod';
import { installationIdSchema, targetIdSchema } from '../../contract/identifiers.ts';
import { type PushTarget, pushTargetSchema } from '../../contract/push-targets.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { SealRing } from './seal-ring.ts';

export type SealContext = {
  /** From the caller's access token, never from a request. */
  realm: string;
  sealEpoch: number;
  appId: string;
};

export type RegisteredDevice = {
  target: PushTarget;
  targetId: string;
  installationId: string;
  /** ms; stays when the target is sealed again. */
  registeredAt: number;
};

export type OpenedTarget =
  | {
      kind: 'opened';
      device: RegisteredDevice;
      /** The same device sealed afresh; present when the seal is of an older key or over 30 days old. */
      replacement?: string;
    }
  /** Damaged, or sealed for another organization or app. */
  | { kind: 'not-openable' }
  /** This relay does not have the key, perhaps not yet: try again later, and tell the operator. */
  | { kind: 'key-unknown'; keyId: string }
  /** Older than 180 days, or sealed before the organization's epoch was raised. */
  | { kind: 'expired'; why: 'too-old' | 'epoch-raised' };

const dayMs = 86_400_000;
const maximumAgeMs = 180 * dayMs;
const replaceAfterMs = 30 * dayMs;
/** How many raised epochs back a seal is still recognised as revoked, not merely as foreign. */
const rememberedEpochs = 8;

const version = 'mbt1';

const contentSchema = z.object({
  target: pushTargetSchema,
  targetId: targetIdSchema,
  installationId: installationIdSchema,
  registeredAt: z.number().int(),
  sealedAt: z.number().int(),
});

export class TargetSeal {
  readonly #ring: SealRing;
  readonly #clock: Clock;

  constructor({ ring, clock }: { ring: SealRing; clock: Clock }) {
    this.#ring = ring;
    this.#clock = clock;
  }

  seal(context: SealContext, device: RegisteredDevice): string {
    const content = { ...device, sealedAt: this.#clock.now() } satisfies z.infer<typeof contentSchema>;
    return this.#ring.seal(version, additionalData(context), JSON.stringify(content));
  }

  /** Never throws, whatever `sealed` is. */
  open(context: SealContext, sealed: string): OpenedTarget {
    const unsealed = this.#ring.open(version, additionalData(context), sealed);
    if (unsealed.kind === 'key-unknown') return unsealed;
    if (unsealed.kind === 'not-openable') {
      return this.#openedInEarlierEpoch(context, sealed)
        ? { kind: 'expired', why: 'epoch-raised' }
        : unsealed;
    }
    const { sealedAt, ...device } = contentSchema.parse(JSON.parse(unsealed.text));
    const ageMs = this.#clock.now() - sealedAt;
    if (ageMs > maximumAgeMs) return { kind: 'expired', why: 'too-old' };
    if (unsealed.newestKey && ageMs <= replaceAfterMs) return { kind: 'opened', device };
    return { kind: 'opened', device, replacement: this.seal(context, device) };
  }

  #openedInEarlierEpoch(context: SealContext, sealed: string): boolean {
    const oldest = Math.max(0, context.sealEpoch - rememberedEpochs);
    for (let sealEpoch = context.sealEpoch - 1; sealEpoch >= oldest; sealEpoch--) {
      const earlier = this.#ring.open(version, additionalData({ ...context, sealEpoch }), sealed);
      if (earlier.kind === 'opened') return true;
    }
    return false;
  }
}

function additionalData({ realm, appId, sealEpoch }: SealContext): string[] {
  return ['target', realm, appId, String(sealEpoch)];
}
