// A simulated device with one installed web app: its push subscription, what its push service keeps for it while it is
// offline, and a service worker that does what ours must: ignore an older `rev`, set the badge, hand over the
// registration code. Browsers that forbid silent pushes are simulated by `silentPushes`.

import { createECDH } from 'node:crypto';
import {
  type BadgePayload,
  badgePayloadSchema,
  declarativePayloadSchema,
  type Preview,
} from '../../contract/badge-payload.ts';
import type { WebPushKeys } from '../../contract/push-targets.ts';
import { challengePayloadSchema } from '../../contract/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { RegistrationCodes } from '../registration-codes.ts';
import { type DeclarativeMessage, readDeclarativeMessage } from './declarative-message.ts';
import { decrypt, type ReceiverKeys } from './decrypt.ts';
import type { PushReceiver } from './push-endpoints.ts';
import { type AcceptedPush, StoredPushes } from './stored-pushes.ts';

type EventOrigin = { at: number; messageId: string; device: SimulatedWebDevice };

export type DeviceEvent = EventOrigin &
  (
    | { type: 'shown'; badge: number; rev: number | undefined }
    | { type: 'ignored'; reason: 'older-rev' | 'undecryptable' | 'unreadable' }
    | { type: 'code' }
  );

export type DeviceOptions = {
  /** What `PushManager.subscribe` was called with: 65 bytes, base64url. */
  applicationServerKey: string;
  online: boolean;
  /** Pushes without a visible notification before the subscription ends; Firefox: 16. */
  silentPushes: number;
  /** It shows Declarative Web Push messages by itself, without its service worker: Safari. */
  declarative?: boolean;
};

export type ShownNotification = { badge: number | undefined; title?: string; body?: string | undefined };

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
  notification: ShownNotification | undefined;
  /** What came with the newest badge. */
  preview: Preview | undefined;
  readonly #clock: Clock;
  readonly #emit: (event: DeviceEvent) => void;
  readonly #receiver: ReceiverKeys;
  /** By icon: the newest `rev` that was seen. */
  readonly #revs = new Map<string, number>();
  readonly #stored = new StoredPushes();
  #online: boolean;
  readonly #declarative: boolean;
  #silentPushesLeft: number;

  constructor({
    applicationServerKey,
    online,
    silentPushes,
    declarative = false,
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
    this.#declarative = declarative;
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
    const message = readDeclarativeMessage(payload);
    if (message === undefined) this.#wakeWorker(badgePayloadSchema.safeParse(payload).data, event);
    else if (message === 'malformed') this.#emit({ ...event, type: 'ignored', reason: 'unreadable' });
    else if (this.#declarative) this.#showDeclared(message, event);
    else this.#wakeWorker(declarativePayloadSchema.safeParse(payload).data?.mailbadge, event);
  }

  #wakeWorker(payload: BadgePayload | undefined, event: EventOrigin): void {
    if (payload === undefined) {
      this.#emit({ ...event, type: 'ignored', reason: 'unreadable' });
      return;
    }
    const { subscription, badge, rev, presentation, preview } = payload;
    if (rev < (this.#revs.get(subscription) ?? 0)) {
      this.#countSilent();
      this.#emit({ ...event, type: 'ignored', reason: 'older-rev' });
      return;
    }
    this.#revs.set(subscription, rev);
    this.#setBadge(badge);
    this.preview = preview;
    if (presentation === 'notification')
      this.notification = { badge, ...(preview && { title: preview.from, body: preview.subject }) };
    else this.#countSilent();
    this.#emit({ ...event, type: 'shown', badge, rev });
  }

  /** The browser knows no `rev`: the constant Topic alone keeps the order. */
  #showDeclared({ title, body, app_badge: badge }: DeclarativeMessage, event: EventOrigin): void {
    if (badge !== undefined) this.#setBadge(badge);
    this.notification = { badge, title, body };
    this.#emit({ ...event, type: 'shown', badge: this.badge, rev: undefined });
  }

  #setBadge(badge: number): void {
    this.badge = badge;
    this.badges.push(badge);
    if (this.badges.length > memory) this.badges.shift();
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
