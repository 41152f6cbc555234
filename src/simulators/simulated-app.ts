// An app on a simulated device, walking the real APIs over HTTP as an app's developer would: sign in at the proxy,
// get a ticket, register the push target at the relay, return the code that was pushed, subscribe. It checks every
// answer against the contract. How pushes reach it is the receiver's business: an APNs or a Web Push device.

import { z } from 'zod';
import {
  deviceListSchema,
  openedResponseSchema,
  type SubscribeBody,
  type Subscription,
  signInResponseSchema,
  subscriptionSchema,
  ticketResponseSchema,
} from '../contract/devices.ts';
import { errorCodes } from '../contract/error-codes.ts';
import { problemSchema } from '../contract/problem.ts';
import type { Presentation, PushTarget, WebPushKeys } from '../contract/push-targets.ts';
import { confirmationResponseSchema, registrationResponseSchema } from '../contract/registration.ts';
import { AppError } from '../runtime/errors.ts';

/** Where the device's pushes arrive. */
export type PushReceiver = {
  target: PushTarget;
  /** Web Push only. */
  keys?: WebPushKeys;
  /** APNs and FCM: of the app's extension. */
  previewKeys?: WebPushKeys;
  /** The code of the next challenge that is pushed to the device. */
  waitForCode(options: { signal?: AbortSignal }): Promise<string>;
};

export type SimulatedAppOptions = {
  proxyUrl: string;
  appId: string;
  installationId: string;
  deviceName?: string;
  presentation?: Presentation;
  fetch?: typeof fetch;
};

/** What a person or the platform wants of a subscription; each has its default at the proxy. */
export type Wishes = Pick<SubscribeBody, 'policy' | 'previews' | 'form' | 'presentation' | 'language'>;

type Ticket = z.infer<typeof ticketResponseSchema>;

export class SimulatedApp {
  readonly #options: SimulatedAppOptions;
  readonly #fetch: typeof fetch;
  /** By mailbox: an app may show several mailboxes on its one icon. */
  readonly #sessions = new Map<string, string>();

  constructor(options: SimulatedAppOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? fetch;
  }

  /** Answers the canonical name of the mailbox, by which the other calls know it. */
  async signIn(user: string, password: string): Promise<string> {
    const { installationId, deviceName } = this.#options;
    const { session, mailbox } = await this.#call('POST', this.#proxy('/v1/sessions'), signInResponseSchema, {
      body: { user, password, installationId, ...(deviceName === undefined ? {} : { deviceName }) },
    });
    if (session === undefined) throw new Error('the proxy gave no session');
    this.#sessions.set(mailbox, session);
    return mailbox;
  }

  /** All that "turn the badge on" takes, for a mailbox that is signed in to. */
  async turnOn(
    mailbox: string,
    receiver: PushReceiver,
    { wishes, ...options }: { signal?: AbortSignal; wishes?: Wishes } = {},
  ): Promise<Subscription> {
    const ticket = await this.requestTicket(mailbox);
    const sealedTarget = await this.register(ticket, receiver, options);
    return this.subscribe(mailbox, sealedTarget, receiver, wishes);
  }

  async requestTicket(mailbox: string): Promise<Ticket> {
    const { appId } = this.#options;
    return this.#call('POST', this.#proxy('/v1/tickets'), ticketResponseSchema, {
      session: this.#session(mailbox),
      body: { appId },
    });
  }

  /** At the relay: shows ticket and push target, returns the code that is pushed; answers the sealed target. */
  async register(
    { ticket, registrationUrl }: Pick<Ticket, 'ticket' | 'registrationUrl'>,
    { target, keys, waitForCode }: PushReceiver,
    options: { signal?: AbortSignal } = {},
  ): Promise<string> {
    const { pending } = await this.#call('POST', new URL(registrationUrl), registrationResponseSchema, {
      body: { ticket, target, ...(keys === undefined ? {} : { keys }) },
    });
    const code = await waitForCode(options);
    const confirmed = await this.#call(
      'POST',
      new URL(`${registrationUrl}/confirm`),
      confirmationResponseSchema,
      { body: { pending, code } },
    );
    return confirmed.sealedTarget;
  }

  async subscribe(
    mailbox: string,
    sealedTarget: string,
    { keys, previewKeys }: Pick<PushReceiver, 'keys' | 'previewKeys'> = {},
    wishes: Wishes = {},
  ): Promise<Subscription> {
    const { appId, presentation = 'badge' } = this.#options;
    return this.#call('POST', this.#proxy('/v1/subscriptions'), subscriptionSchema, {
      session: this.#session(mailbox),
      body: {
        appId,
        sealedTarget,
        presentation,
        ...(keys && { keys }),
        ...(previewKeys && { previewKeys }),
        ...wishes,
      },
    });
  }

  async renew(mailbox: string, subscriptionId: string): Promise<Subscription> {
    const url = this.#proxy(`/v1/subscriptions/${subscriptionId}/renew`);
    return this.#call('POST', url, subscriptionSchema, { session: this.#session(mailbox) });
  }

  /** The person opened the app, whose icon shows `badge`; answers what it should show. */
  async open(mailbox: string, iconId: string, badge?: number): Promise<{ badge: number; rev: number }> {
    return this.#call('POST', this.#proxy(`/v1/icons/${iconId}/opened`), openedResponseSchema, {
      session: this.#session(mailbox),
      body: badge === undefined ? {} : { badge },
    });
  }

  async listDevices(mailbox: string): Promise<z.infer<typeof deviceListSchema>['devices']> {
    const session = this.#session(mailbox);
    return (await this.#call('GET', this.#proxy('/v1/devices'), deviceListSchema, { session })).devices;
  }

  async unsubscribe(mailbox: string, subscriptionId: string): Promise<void> {
    const url = this.#proxy(`/v1/subscriptions/${subscriptionId}`);
    await this.#call('DELETE', url, nothing, { session: this.#session(mailbox) });
  }

  async removeDevice(mailbox: string, installationId: string): Promise<void> {
    const url = this.#proxy(`/v1/devices/${installationId}`);
    await this.#call('DELETE', url, nothing, { session: this.#session(mailbox) });
  }

  async signOut(mailbox: string): Promise<void> {
    const session = this.#session(mailbox);
    await this.#call('DELETE', this.#proxy('/v1/sessions/current'), nothing, { session });
    this.#sessions.delete(mailbox);
  }

  #proxy(path: string): URL {
    return new URL(path, this.#options.proxyUrl);
  }

  #session(mailbox: string): string {
    const session = this.#sessions.get(mailbox);
    if (session === undefined)
      throw new AppError('session-missing', `the app is not signed in to ${mailbox}`);
    return session;
  }

  async #call<S extends z.ZodType>(
    method: string,
    url: URL,
    schema: S,
    { session, body }: { session?: string; body?: unknown } = {},
  ): Promise<z.output<S>> {
    const answer = await this.#fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw refusal(text);
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }
}

const nothing = z.undefined();

function refusal(text: string): AppError {
  const { code, detail, hint } = problemSchema.parse(JSON.parse(text));
  const known = Object.keys(errorCodes).find((name): name is keyof typeof errorCodes => name === code);
  return new AppError(known ?? 'internal-error', detail, hint === undefined ? {} : { hint });
}
