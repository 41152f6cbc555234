// What delivery asks of a provider, and what a provider may answer. A provider judges its own service's answers by
// one table (`<provider>/answers.ts`); it decides nothing about subscriptions, breakers or quotas: delivery does.

import type { Presentation, ProviderName, PushTarget, WebPushKeys } from '../../contract/push-targets.ts';

export type ProviderNotification<T extends PushTarget = PushTarget> = {
  /** The attempt's id, a UUID; sent as the provider's message id where it takes one, and the same in every resend. */
  id: string;
  traceId: string;
  target: T;
  badge: number;
  collapseKey: string;
  /** ms; bounds how long the provider may store it. */
  expiresAt: number;
  presentation: Presentation;
  /** Web Push: the encrypted payload, as the proxy made it. */
  body?: Uint8Array;
  /** FCM: lets the app ignore a badge that comes late. */
  rev?: number;
  /** APNs and FCM: sender and subject, encrypted by the proxy for the device (RFC 8291), base64url. */
  preview?: string;
  /** ms, relay's clock: nothing may be started, and nothing resent, after it. */
  notAfter: number;
};

/** The registration code on its way to a device; the provider builds its own payload around it. */
export type Challenge<T extends PushTarget = PushTarget> = {
  id: string;
  traceId: string;
  target: T;
  code: string;
  /** Web Push: the relay encrypts this one message itself, and forgets the keys. */
  keys?: WebPushKeys;
  notAfter: number;
};

export type ProviderAnswer =
  | { kind: 'accepted'; providerId: string }
  /** The device is gone; `since` (ms) where the service tells, else the time of the answer. */
  | { kind: 'gone'; since: number; reason: string }
  /** The service does not know the target. Also what a wrong environment looks like: delivery judges. */
  | { kind: 'unknown-target'; reason: string }
  /** The operator's configuration is wrong (key, topic, credentials): opens the app's breaker. */
  | { kind: 'misconfigured'; reason: string }
  /** This message, as it is, will never be taken. */
  | { kind: 'unacceptable'; reason: string; tooLarge?: boolean }
  | { kind: 'throttled'; scope: 'target' | 'app'; reason: string; retryAfterMs?: number }
  /** Certainly not processed; try again later. The reason `unreachable` means that no connection came about. */
  | { kind: 'unavailable'; reason: string; retryAfterMs?: number }
  /** The message had left and no answer came: nobody knows. */
  | { kind: 'outcome-unknown'; reason: string }
  /** Nothing was sent: the time was over, or the push host is not allowed. */
  | { kind: 'not-started'; reason: 'not-after-passed' | 'push-host-refused' | 'overloaded'; detail?: string };

export type Provider<T extends PushTarget = PushTarget> = AsyncDisposable & {
  readonly name: ProviderName;
  /**
   * How many notifications can be on their way at once to the service of this target; more would wait inside, where
   * organizations take no turns. May change.
   */
  capacity(target: T): number;
  /** Never throws for what the service or the network does: that is an answer. */
  deliver(notification: ProviderNotification<T>): Promise<ProviderAnswer>;
  challenge(challenge: Challenge<T>): Promise<ProviderAnswer>;
};

/** What each app is configured for, by app id. A provider that is not configured is absent. */
export type AppProviders = ReadonlyMap<string, ReadonlyMap<ProviderName, Provider>>;
