// The first look at an item: is it well formed, whose target is it, and is there a way to it? What can be answered
// without a provider is answered here; the rest is ready to wait for its turn.

import { type Notification, publishLimits } from '../../contract/publishing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RelayEvents } from '../events.ts';
import type { Caller } from '../organizations/caller.ts';
import type { AppProviders, Provider } from '../providers/provider.ts';
import type { RegisteredDevice, TargetSeal } from '../targets/target-seal.ts';
import { deferred, type Outcome } from './judge-answer.ts';
import { parseNotification } from './parse-notification.ts';
import type { Item } from './pending-batch.ts';
import type { Route, Routes } from './routes.ts';

export type ReadyItem = {
  item: Item;
  notification: Notification;
  device: RegisteredDevice;
  provider: Provider;
  route: Route;
  body: Buffer | undefined;
};

const appUnknownRetryAfterMs = 60_000;
const sealKeyRetryAfterMs = 60_000;
const alarmEveryMs = 60_000;

export class Admission {
  readonly #apps: AppProviders;
  readonly #seal: TargetSeal;
  readonly #routes: Routes;
  readonly #events: RelayEvents;
  readonly #clock: Clock;
  #nextAlarmAt = 0;

  constructor({
    apps,
    seal,
    routes,
    events,
    clock,
  }: { apps: AppProviders; seal: TargetSeal; routes: Routes; events: RelayEvents; clock: Clock }) {
    this.#apps = apps;
    this.#seal = seal;
    this.#routes = routes;
    this.#events = events;
    this.#clock = clock;
  }

  /** Notes on `item` what it finds out. `denied` holds the target ids that the operator refuses. */
  look(item: Item, raw: unknown, caller: Caller, denied: ReadonlySet<string>): ReadyItem | Outcome {
    const parsed = parseNotification(raw);
    if ('wrong' in parsed) return parsed.wrong;
    const { notification } = parsed;
    item.notification = notification;
    const app = this.#apps.get(notification.appId);
    if (app === undefined) return deferred('app-unknown', appUnknownRetryAfterMs);
    const device = this.#open(item, notification, caller);
    if ('outcome' in device) return device;
    if (denied.has(device.targetId)) {
      return { outcome: 'rejected', reason: 'target-revoked', detail: "denied by the relay's operator" };
    }
    const provider = app.get(device.target.provider);
    if (provider === undefined) {
      return deferred('app-unknown', appUnknownRetryAfterMs, `the app has no ${device.target.provider} here`);
    }
    const wrong = wrongMember(device, notification);
    if (wrong !== undefined) return { outcome: 'rejected', reason: 'notification-invalid', detail: wrong };
    const body = notification.body === undefined ? undefined : Buffer.from(notification.body, 'base64url');
    if (body !== undefined && body.length > publishLimits.webPushBodyBytes) {
      return { outcome: 'rejected', reason: 'payload-too-large', detail: '"body"' };
    }
    const route = this.#routes.of(notification.appId, device.target);
    return { item, notification, device, provider, route, body };
  }

  /** For the caller's own realm and epoch: they come from its access token. */
  #open(item: Item, notification: Notification, caller: Caller): RegisteredDevice | Outcome {
    const { realm, sealEpoch, organizationId } = caller;
    const opened = this.#seal.open(
      { realm, sealEpoch, appId: notification.appId },
      notification.sealedTarget,
    );
    switch (opened.kind) {
      case 'not-openable':
        return { outcome: 'rejected', reason: 'target-not-openable' };
      case 'expired':
        return { outcome: 'rejected', reason: 'target-revoked', detail: opened.why };
      case 'key-unknown':
        this.#alarm(organizationId, opened.keyId);
        return deferred('seal-key-unknown', sealKeyRetryAfterMs);
      case 'opened':
        item.device = opened.device;
        if (opened.replacement !== undefined) item.replacement = opened.replacement;
        return opened.device;
    }
  }

  /** Once a minute at most: anybody with a token can name a key that never was. */
  #alarm(organizationId: string, keyId: string): void {
    const now = this.#clock.monotonic();
    if (now < this.#nextAlarmAt) return;
    this.#nextAlarmAt = now + alarmEveryMs;
    this.#events.record({ kind: 'seal-key-unknown', organizationId, keyId });
  }
}

/** A member that this provider has no use for. */
function wrongMember(
  { target: { provider } }: RegisteredDevice,
  { body, rev, preview }: Notification,
): string | undefined {
  if (provider === 'webpush' && body === undefined) return '"body": Web Push needs one';
  if (provider !== 'webpush' && body !== undefined) return '"body": only for Web Push';
  if (provider !== 'fcm' && rev !== undefined) return '"rev": only for FCM';
  if (provider === 'webpush' && preview !== undefined) return '"preview": only for APNs and FCM';
  return undefined;
}
