// A simulated phone with one app: what it does with a push, as iOS documents it. While it is offline APNs keeps ONE
// notification for the app, the newest; a notification with the collapse id of a shown one replaces it; a badge is set
// only with permission, and only by a number. An alert with mutable-content is shown as the app's extension makes it;
// for a push without an alert no extension is woken.

import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { PreviewExtension } from '../preview-extension.ts';
import { RegistrationCodes } from '../registration-codes.ts';

export type Environment = 'production' | 'sandbox';

export type Push = {
  apnsId: string;
  pushType: string;
  priority: number;
  /** ms; 0: try once, store nothing. */
  expiresAt: number;
  collapseId: string | undefined;
  /** Undefined where the body is not JSON: APNs accepts that and shows nothing. */
  payload: unknown;
  acceptedAt: number;
};

export type DeviceEvent = { type: 'shown' | 'woken'; at: number; apnsId: string; device: SimulatedDevice };

export type DeviceOptions = {
  /** 64 or more hexadecimal digits. */
  token: string;
  topic: string;
  environment: Environment;
  badgePermission: boolean;
  online: boolean;
};

export type Alert = { title?: string | undefined; body?: string | undefined };

const payloadSchema = z.object({
  aps: z.object({
    badge: z.number().int().optional(),
    alert: z
      .union([
        z.string().transform((body): Alert => ({ body })),
        z.object({ title: z.string().optional(), body: z.string().optional() }),
      ])
      .optional(),
    'content-available': z.number().optional(),
    'mutable-content': z.number().optional(),
  }),
  mailbadge: z.object({ code: z.string().optional(), preview: z.string().optional() }).optional(),
});
type Payload = z.output<typeof payloadSchema>;

/** How many pushes a device remembers. */
const memory = 1000;

export class SimulatedDevice {
  readonly token: string;
  readonly topic: string;
  readonly environment: Environment;
  badgePermission: boolean;
  /** What the app's icon shows; 0 is none. */
  badge = 0;
  /** Each badge that was set, in order. */
  readonly badges: number[] = [];
  /** What reached the device, newest last; one with the collapse id of an older one replaces it. */
  readonly shown: Push[] = [];
  /** Each alert as the person saw it, in order. */
  readonly alerts: Alert[] = [];
  readonly codes = new RegistrationCodes();
  /** Of the app: its public keys are what the proxy encrypts previews for. */
  readonly extension = new PreviewExtension();
  backgroundWakes = 0;
  stored: Push | undefined;
  uninstalledAt: number | undefined;
  readonly #clock: Clock;
  readonly #emit: (event: DeviceEvent) => void;
  #online: boolean;

  constructor(options: DeviceOptions & { clock: Clock; emit: (event: DeviceEvent) => void }) {
    this.token = options.token;
    this.topic = options.topic;
    this.environment = options.environment;
    this.badgePermission = options.badgePermission;
    this.#online = options.online;
    this.#clock = options.clock;
    this.#emit = options.emit;
  }

  get online(): boolean {
    return this.#online;
  }

  goOffline(): void {
    this.#online = false;
  }

  /** Shows the stored notification, unless it expired. */
  goOnline(): void {
    this.#online = true;
    const { stored } = this;
    this.stored = undefined;
    if (stored !== undefined && this.#clock.now() <= stored.expiresAt) this.#arrive(stored);
  }

  uninstall(): void {
    this.uninstalledAt = this.#clock.now();
    this.stored = undefined;
  }

  /** What APNs does with an accepted push: hands it over, keeps it, or drops it. */
  receive(push: Push): 'handed-over' | 'stored' | 'dropped' {
    if (this.#online) {
      this.#arrive(push);
      return 'handed-over';
    }
    if (push.expiresAt === 0) return 'dropped';
    this.stored = push;
    return 'stored';
  }

  /** The next registration code that was not taken yet; waits for one. */
  waitForCode(options: { signal?: AbortSignal } = {}): Promise<string> {
    return this.codes.take(options);
  }

  #arrive(push: Push): void {
    const payload = payloadSchema.safeParse(push.payload).data;
    if (payload === undefined) return;
    if (push.pushType === 'background') {
      if (payload.aps['content-available'] === 1) this.#wake(push, payload.mailbadge?.code);
      return;
    }
    if (push.collapseId !== undefined) {
      const older = this.shown.findIndex(({ collapseId }) => collapseId === push.collapseId);
      if (older >= 0) this.shown.splice(older, 1);
    }
    remember(this.shown, push);
    if (payload.aps.badge !== undefined && this.badgePermission) {
      this.badge = payload.aps.badge;
      remember(this.badges, this.badge);
    }
    const alert = this.#alertOf(payload);
    if (alert !== undefined) remember(this.alerts, alert);
    this.#emit({ type: 'shown', at: this.#clock.now(), apnsId: push.apnsId, device: this });
  }

  #alertOf({ aps, mailbadge }: Payload): Alert | undefined {
    const mutable = aps.alert !== undefined && aps['mutable-content'] === 1;
    const opened = mutable ? this.extension.open(mailbadge?.preview ?? '')?.preview : undefined;
    return opened === undefined ? aps.alert : { title: opened.from, body: opened.subject };
  }

  #wake({ apnsId }: Push, code: string | undefined): void {
    this.backgroundWakes += 1;
    if (code !== undefined) {
      this.codes.add(code);
    }
    this.#emit({ type: 'woken', at: this.#clock.now(), apnsId, device: this });
  }
}

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > memory) list.shift();
}
