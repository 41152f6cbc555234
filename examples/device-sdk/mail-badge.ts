// A mailbox's badge in an app: from sign-in until it is turned off. It knows the SDK and nothing of the platform: what
// the phone does comes in as a Phone, and what must outlive the app's process stands in Kept.

import { createDeviceClient, type DeviceClient, type PushTarget } from 'mailbadge/device';
import { DeviceError } from 'mailbadge/device/error';
import { decryptPreview, newPreviewKeys, type PreviewKeys } from 'mailbadge/device/previews';

/** As JSON in the Keychain or Keystore: a session and a private key are in it, and never the password. */
export type Kept = {
  /** Made at the app's first start. */
  installationId: string;
  session?: string;
  previewKeys?: PreviewKeys;
  subscription?: { id: string; iconId: string; renewAt: number };
};

export type Phone = {
  /** Asks the platform; before anything is asked of the relay. */
  pushTarget(): Promise<PushTarget>;
  /** The next code that is pushed to the app. Rejects with the signal. */
  nextCode(signal: AbortSignal): Promise<string>;
};

type Options = { proxyUrl: string; appId: string; phone: Phone; kept: Kept };

export class MailBadge {
  readonly #client: DeviceClient;
  readonly #appId: string;
  readonly #phone: Phone;
  readonly #kept: Kept;

  constructor({ proxyUrl, appId, phone, kept }: Options) {
    this.#client = createDeviceClient({ proxyUrl, session: { token: () => kept.session } });
    this.#appId = appId;
    this.#phone = phone;
    this.#kept = kept;
  }

  /** Answers the mailbox's canonical name. */
  async signIn(user: string, password: string, deviceName: string): Promise<string> {
    const { installationId } = this.#kept;
    const { session, mailbox } = await this.#client.signIn({ user, password, installationId, deviceName });
    if (session !== undefined) this.#kept.session = session;
    return mailbox;
  }

  async turnOn(): Promise<void> {
    try {
      await this.#registerAndSubscribe();
    } catch (error) {
      if (!isCode(error, startAgain)) throw error;
      await this.#registerAndSubscribe(); // once more, with a new ticket, and by itself
    }
  }

  /** The app was opened, with this badge on its icon. Answers the badge to set; renews. */
  async opened(shown: number): Promise<number> {
    const { iconId } = this.#subscription();
    return (await this.#client.opened(iconId, shown)).badge;
  }

  /** The person looked at the inbox. Answers the badge to set. What arrived after the list was read still counts. */
  async viewed(): Promise<number> {
    const { id } = this.#subscription();
    const inbox = await this.#client.messages();
    return (await this.#client.viewed(id, inbox)).badge;
  }

  /** From a background task: a subscription that nobody renews ends. */
  async renewIfDue(now: number): Promise<boolean> {
    const { id, renewAt } = this.#subscription();
    if (now < renewAt) return false;
    this.#keep(await this.#client.renew(id));
    return true;
  }

  /** What a push says of the newest message; undefined where it says nothing, or not to this device. */
  async preview(pushed: string): Promise<string | undefined> {
    const { previewKeys } = this.#kept;
    const opened = previewKeys && (await decryptPreview(previewKeys, pushed));
    return opened && `${opened.preview.from}: ${opened.preview.subject}`; // strangers wrote it: show it as text
  }

  /** Turned off is turned off, also when somebody did it before. */
  async turnOff(): Promise<void> {
    const { id } = this.#subscription();
    try {
      await this.#client.unsubscribe(id);
    } catch (error) {
      if (!isCode(error, gone)) throw error;
    }
    delete this.#kept.subscription;
  }

  async signOut(): Promise<void> {
    await this.#client.signOut();
    delete this.#kept.session;
  }

  async #registerAndSubscribe(): Promise<void> {
    const target = await this.#phone.pushTarget();
    const ticket = await this.#client.requestTicket(this.#appId);
    const pending = await this.#client.register(ticket, { target });
    const { sealedTarget } = await this.#client.confirm(pending, await this.#code());
    this.#kept.previewKeys ??= await newPreviewKeys();
    this.#keep(
      await this.#client.subscribe({
        appId: this.#appId,
        sealedTarget,
        policy: 'since-viewed',
        previews: true,
        previewKeys: this.#kept.previewKeys.publicKeys,
      }),
    );
  }

  async #code(): Promise<string> {
    const signal = AbortSignal.timeout(30_000);
    try {
      return await this.#phone.nextCode(signal);
    } catch (error) {
      if (signal.aborted) throw new DeviceError('challenge-not-delivered', 'no code came');
      throw error;
    }
  }

  /** Renewing is due once half of the time is over. */
  #keep({ id, iconId, expiresAt }: { id: string; iconId: string; expiresAt: number }): void {
    const now = Date.now();
    this.#kept.subscription = { id, iconId, renewAt: now + (expiresAt - now) / 2 };
  }

  #subscription(): NonNullable<Kept['subscription']> {
    const { subscription } = this.#kept;
    if (subscription === undefined) throw new Error('the badge is off: turn it on first');
    return subscription;
  }
}

const startAgain = new Set([
  'ticket-expired',
  'ticket-used',
  'ticket-invalid',
  'challenge-expired',
  'challenge-invalid',
  'installation-mismatch',
  'target-not-openable',
]);
const gone = new Set(['subscription-not-found']);

/** By its code: texts are for whoever develops, and change. */
function isCode(error: unknown, codes: ReadonlySet<string>): boolean {
  return error instanceof DeviceError && codes.has(error.code);
}
