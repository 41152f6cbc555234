// A simulated device with one installed web app: its push subscription, what its push service keeps for it while it is
// offline, and a service worker that does what ours must: ignore an older `rev`, set the badge, hand over the
// registration code. Browsers that forbid silent pushes are simulated by `silentPushes`.

import { createECDH } from 'node:crypto';
import { type BadgePayload, badgePayloadSchema } from '../../contract/badge-payload.ts';
import type { WebPushKeys } from '../../contract/push-targets.ts';
import { challengePayloadSchema } from '../../contract/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { RegistrationCodes } from '../registration-codes.ts';
import { decrypt, type ReceiverKeys } from './decrypt.ts';
import type { PushReceiver } from './push-endpoints.ts';
import { type AcceptedPush, StoredPushes } from './stored-pushes.ts';

export type DeviceEvent = { at: number; messageId: string; device: SimulatedWebDevice } & (
  | { type: 'shown'; badge: number; rev: number }
  | { type: 'ignored'; reason: 'older-rev' | 'undecryptable' | 'unreadable' }
  | { type: 'code' }
);

export type DeviceOptions = {
  /** What `PushManager.subscribe` was called with: 65 bytes, base64url. */
  applicationServerKey: string;
  online: boolean;
  /** Pushes without a visible notification before the subscription ends; Firefox: 16. */
  silentPushes: number;
};

/** How many badges are remembered. */
const memory = 1000;

export class SimulatedWebDevice implements PushReceiver {
  readonly token: string;
  readonly endpoint: string;
  readonly applicationServerKey: Buffer;
  /** The subscription ended: the next push is answered 410. */
  gone = false;
  /** What the icon shows; 0 is none. */
  badge = 0;
  /** Each badge that was set, in order. */
  readonly badges: number[] = [];
  readonly codes = new RegistrationCodes();
  /** The one visible notification: each replaces the one of the same tag. */
  notification: { badge: number } | undefined;
  readonly #clock: Clock;
  readonly #emit: (event: DeviceEvent) => void;
  readonly #receiver: ReceiverKeys;
  /** By icon: the newest `rev` that was seen. */
  readonly #revs = new Map<string, number>();
  readonly #stored = new StoredPushes();
  #online: boolean;
  #silentPushesLeft: number;

  constructor({
    applicationServerKey,
    online,
    silentPushes,
    token,
    endpoint,
    clock,
    random,
    emit,
  }: DeviceOptions & {
    token: string;
    endpoint: string;
    clock: Clock;
    random: Random;
    emit: (event: DeviceEvent) => void;
  }) {
    this.token = token;
    this.endpoint = endpoint;
    this.applicationServerKey = Buffer.from(applicationServerKey, 'base64url');
    this.#online = online;
    this.#silentPushesLeft = silentPushes;
    this.#clock = clock;
    this.#emit = emit;
    const keyPair = createECDH('prime256v1');
    keyPair.generateKeys();
    this.#receiver = { keyPair, auth: random.bytes(16) };
  }

  /** What the app gets of `PushSubscription.toJSON()`. */
  get keys(): WebPushKeys {
    return {
      p256dh: this.#receiver.keyPair.getPublicKey('base64url'),
      auth: this.#receiver.auth.toString('base64url'),
    };
  }

  get online(): boolean {
    return this.#online;
  }

  get storedCount(): number {
    return this.#stored.size;
  }

  goOffline(): void {
    this.#online = false;
  }

  /** Gets what its push service kept, unless it expired. */
  goOnline(): void {
    this.#online = true;
    const stored = this.#stored.unexpired(this.#clock.now());
    this.#stored.clear();
    for (const push of stored) this.#arrive(push);
  }

  unsubscribe(): void {
    this.gone = true;
    this.#stored.clear();
  }

  /** What the push service does with an accepted push: hands it over, keeps it, or drops it. */
  receive(push: AcceptedPush): void {
    if (this.#online) this.#arrive(push);
    else this.#stored.keep(push, this.#clock.now());
  }

  /** The next registration code that was not taken yet; waits for one. */
  waitForCode(options: { signal?: AbortSignal } = {}): Promise<string> {
    return this.codes.take(options);
  }

  #arrive({ messageId, body }: AcceptedPush): void {
    const event = { at: this.#clock.now(), messageId, device: this };
    const plaintext = decrypt(body, this.#receiver);
    if (plaintext === undefined) {
      this.#emit({ ...event, type: 'ignored', reason: 'undecryptable' });
      return;
    }
    const payload = parseJson(plaintext);
    const challenge = challengePayloadSchema.safeParse(payload).data;
    if (challenge !== undefined) {
      this.codes.add(challenge.code);
      this.#emit({ ...event, type: 'code' });
      return;
    }
    const badge = badgePayloadSchema.safeParse(payload).data;
    if (badge === undefined) {
      this.#emit({ ...event, type: 'ignored', reason: 'unreadable' });
    } else if (badge.rev < (this.#revs.get(badge.subscription) ?? 0)) {
      this.#countSilent();
      this.#emit({ ...event, type: 'ignored', reason: 'older-rev' });
    } else {
      this.#show(badge);
      this.#emit({ ...event, type: 'shown', badge: badge.badge, rev: badge.rev });
    }
  }

  #show({ subscription, badge, rev, presentation }: BadgePayload): void {
    this.#revs.set(subscription, rev);
    this.badge = badge;
    this.badges.push(badge);
    if (this.badges.length > memory) this.badges.shift();
    if (presentation === 'notification') this.notification = { badge };
    else this.#countSilent();
  }

  #countSilent(): void {
    this.#silentPushesLeft -= 1;
    if (this.#silentPushesLeft <= 0) this.unsubscribe();
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
