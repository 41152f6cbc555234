// Every call that an app makes, typed: to the proxy of its user's organization, and the two of registration to the
// relay. For browsers, service workers and native web views; it needs `fetch` and nothing else. Answers are bounded in
// size and time and checked before they are believed; every failure is a DeviceError.

import type {
  CurrentSession,
  Device,
  IconStatus,
  MessageList,
  Opened,
  Preferences,
  SubscribeBody,
  Subscription,
  Ticket,
  WebApp,
} from '../contract/devices.ts';
import type { PushTarget, WebPushKeys } from '../contract/push-targets.ts';
import {
  type Confirmed,
  isConfirmed,
  isCurrentSession,
  isDeviceList,
  isIconStatus,
  isMessageList,
  isOpened,
  isPending,
  isSignedIn,
  isSubscription,
  isTicket,
  isWebApp,
  type SignedIn,
} from './answer-checks.ts';
import type { Check } from './checks.ts';
import { DeviceError, refusal } from './device-error.ts';

/** What the calls take and answer. */
export type {
  Confirmed,
  CurrentSession,
  Device,
  IconStatus,
  MessageList,
  Opened,
  Preferences,
  PushTarget,
  SignedIn,
  SubscribeBody,
  Subscription,
  Ticket,
  WebApp,
  WebPushKeys,
};

export type DeviceClientOptions = {
  proxyUrl: string | URL;
  /** `cookie`: for a web app that the proxy serves. Otherwise where the app keeps the token that signIn answered. */
  session: 'cookie' | { token(): string | undefined };
  fetch?: typeof fetch;
  /** How long an answer is waited for. */
  timeoutMs?: number;
};

export type SignInRequest = {
  user: string;
  password: string;
  installationId: string;
  deviceName?: string;
};

/** A registration that waits for its code. Keep it: the code may arrive when the app is not open. */
export type PendingRegistration = { registrationUrl: string; pending: string; expiresAt: number };

/** What of the inbox was seen, as `messages` answered it. */
export type SeenUpTo = Pick<MessageList, 'uidValidity' | 'uidNext'>;

export type DeviceClient = {
  /** Needs no session: the app that the proxy serves to browsers. */
  describeApp(): Promise<WebApp>;
  signIn(request: SignInRequest): Promise<SignedIn>;
  currentSession(): Promise<CurrentSession>;
  /** Ends this device's subscriptions to the mailbox, too. */
  signOut(): Promise<void>;
  requestTicket(appId: string): Promise<Ticket>;
  /** At the relay, which pushes a code to the target. `keys`: Web Push only. */
  register(
    ticket: Pick<Ticket, 'ticket' | 'registrationUrl'>,
    device: { target: PushTarget; keys?: WebPushKeys },
  ): Promise<PendingRegistration>;
  /** At the relay, with the code that was pushed. */
  confirm(registration: PendingRegistration, code: string): Promise<Confirmed>;
  /** Repeating it renews. */
  subscribe(body: SubscribeBody): Promise<Subscription>;
  renew(subscriptionId: string): Promise<Subscription>;
  /** The app was opened and its icon shows `badge`: renews, and answers what it should show. */
  opened(iconId: string, badge?: number): Promise<Opened>;
  /** The person looked at the inbox: for `since-viewed`; renews. Without `upTo`, all that is there now was seen. */
  viewed(subscriptionId: string, upTo?: SeenUpTo): Promise<Opened>;
  setPreferences(subscriptionId: string, preferences: Preferences): Promise<Subscription>;
  unsubscribe(subscriptionId: string): Promise<void>;
  iconStatus(iconId: string): Promise<IconStatus>;
  /** Publishes the badge once more. */
  testBadge(iconId: string): Promise<IconStatus>;
  messages(limit?: number): Promise<MessageList>;
  devices(): Promise<Device[]>;
  removeDevice(installationId: string): Promise<void>;
};

export function createDeviceClient(options: DeviceClientOptions): DeviceClient {
  const { session } = options;
  const call = caller(options);
  const proxy: Call = (method, path, check, body) => {
    const token = session === 'cookie' ? undefined : session.token();
    return call(method, new URL(path, options.proxyUrl), check, {
      ...(body === undefined ? {} : { body }),
      ...(token === undefined ? {} : { token }),
      credentials: session === 'cookie' ? 'same-origin' : 'omit',
    });
  };
  return {
    describeApp: () => proxy('GET', '/v1/app', isWebApp),
    signIn: request =>
      proxy('POST', '/v1/sessions', isSignedIn, {
        ...request,
        ...(session === 'cookie' ? { sessionIn: 'cookie' } : {}),
      }),
    currentSession: () => proxy('GET', '/v1/sessions/current', isCurrentSession),
    signOut: () => proxy('DELETE', '/v1/sessions/current', isNothing),
    requestTicket: appId => proxy('POST', '/v1/tickets', isTicket, { appId }),
    async register({ ticket, registrationUrl }, { target, keys }) {
      const answer = await call('POST', new URL(registrationUrl), isPending, {
        body: { ticket, target, ...(keys === undefined ? {} : { keys }) },
        credentials: 'omit',
      });
      return { registrationUrl, pending: answer.pending, expiresAt: answer.expiresAt };
    },
    confirm: ({ registrationUrl, pending }, code) =>
      call('POST', new URL(`${registrationUrl}/confirm`), isConfirmed, {
        body: { pending, code },
        credentials: 'omit',
      }),
    subscribe: body => proxy('POST', '/v1/subscriptions', isSubscription, body),
    renew: id => proxy('POST', `${subscriptionPath(id)}/renew`, isSubscription),
    opened: (id, badge) =>
      proxy('POST', `${iconPath(id)}/opened`, isOpened, badge === undefined ? {} : { badge }),
    viewed: (id, upTo) =>
      proxy(
        'POST',
        `${subscriptionPath(id)}/viewed`,
        isOpened,
        // a whole list of messages fits the type, and the proxy refuses members that it does not know
        upTo === undefined ? {} : { upTo: { uidValidity: upTo.uidValidity, uidNext: upTo.uidNext } },
      ),
    setPreferences: (id, preferences) => proxy('PATCH', subscriptionPath(id), isSubscription, preferences),
    unsubscribe: id => proxy('DELETE', subscriptionPath(id), isNothing),
    iconStatus: id => proxy('GET', iconPath(id), isIconStatus),
    testBadge: id => proxy('POST', `${iconPath(id)}/test`, isIconStatus),
    messages: (limit = 20) => proxy('GET', `/v1/messages?limit=${limit}`, isMessageList),
    devices: async () => (await proxy('GET', '/v1/devices', isDeviceList)).devices,
    removeDevice: id => proxy('DELETE', `/v1/devices/${encodeURIComponent(id)}`, isNothing),
  };
}

const subscriptionPath = (id: string): string => `/v1/subscriptions/${encodeURIComponent(id)}`;
const iconPath = (id: string): string => `/v1/icons/${encodeURIComponent(id)}`;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
type Call = <T>(method: Method, path: string, check: Check<T>, body?: unknown) => Promise<T>;

const isNothing: Check<undefined> = value => value === undefined;

/** The longest list of devices or messages is well under this. */
const answerBytes = 512 * 1024;

function caller({ fetch: fetchWith = fetch, timeoutMs = 20_000 }: DeviceClientOptions) {
  return async <T>(
    method: Method,
    url: URL,
    check: Check<T>,
    { body, token, credentials }: { body?: unknown; token?: string; credentials: RequestCredentials },
  ): Promise<T> => {
    const { response, text } = await answerOf(() =>
      fetchWith(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        credentials,
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      }),
    );
    const answer = parsed(text);
    if (!response.ok) throw refusal(response, answer);
    if (check(answer)) return answer;
    throw new DeviceError('unexpected-answer', 'the answer is not what Mailbadge answers', {
      status: response.status,
    });
  };
}

/** Nothing is told of the cause: it may name the URL, and a browser does not tell one cause from another anyway. */
async function answerOf(request: () => Promise<Response>): Promise<{ response: Response; text: string }> {
  try {
    const response = await request();
    return { response, text: await textOf(response) };
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw new DeviceError('offline', 'no answer came');
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    bytes += part.value.byteLength;
    if (bytes > answerBytes) {
      await reader?.cancel();
      throw new DeviceError('unexpected-answer', 'the answer is too long', { status: response.status });
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** Undefined for nothing, null for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}
