// What happens in the relay, in its own words, once: each business event becomes a log record and metrics here and
// nowhere else, and whoever wants to watch (the demo's page, a test) listens here. Labels are of low cardinality:
// never an organization, a device or free text. No push target is ever part of an event. Nothing may be decided by one.

import type { ErrorCode } from '../contract/error-codes.ts';
import type { DeferralReason, NotificationResult, RejectionReason } from '../contract/outcomes.ts';
import type { ProviderName } from '../contract/push-targets.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';

type RouteFacts = { appId: string; provider: ProviderName; environment: string };

export type RelayEvent =
  | { kind: 'credential-registered'; organizationId: string; credentialId: string; added: boolean }
  | { kind: 'credential-removed'; organizationId: string; credentialId: string }
  /** A proxy asked for an administrator's approval, or took what an approval yields. */
  | {
      kind: 'device-authorization';
      step: 'requested' | 'redeemed';
      organizationId: string;
      credentialId: string;
    }
  | { kind: 'token-issued'; organizationId: string; credentialId: string }
  /** The TXT record of an organization that signed itself up was looked up again. */
  | {
      kind: 'domain-checked';
      organizationId: string;
      domain: string;
      result: 'proved' | 'missing' | 'unreachable' | 'deactivated';
      detail?: string;
    }
  | { kind: 'domain-check-failed'; error: string }
  /** `applicationId` where the client is known; nothing that an unknown one says about itself. */
  | { kind: 'token-refused'; reason: ErrorCode; applicationId?: string }
  | {
      kind: 'notification-outcome';
      traceId: string;
      organizationId: string;
      /** These three are absent where the relay judged before it knew. */
      appId?: string;
      provider?: ProviderName;
      targetId?: string;
      outcome: NotificationResult['outcome'];
      reason?: RejectionReason | DeferralReason;
      /** The provider's own id of what it accepted. */
      providerId?: string;
      /** The label of the row in the provider's table. */
      providerReason?: string;
      latencyMs: number;
    }
  /** The breaker of an app opened: its configuration at this relay is wrong. */
  | ({ kind: 'app-misconfigured'; reason: string } & RouteFacts)
  | ({ kind: 'app-recovered' } & RouteFacts)
  | { kind: 'endings-frozen'; organizationId: string; appId: string; gone: number; judged: number }
  | { kind: 'seal-key-unknown'; organizationId: string; keyId: string }
  /** Items could not be looked at: the database, or an error of ours. */
  | { kind: 'delivery-failed'; traceId: string; error: string }
  /** A provider's code threw, which it must not. */
  | { kind: 'provider-failed'; appId: string; provider: ProviderName; traceId: string; error: string }
  | {
      kind: 'challenge-outcome';
      traceId: string;
      organizationId: string;
      appId: string;
      provider: ProviderName;
      outcome: string;
      providerReason?: string;
    }
  /** Once a minute; instants in ms. `key` is a purpose of the relay's own, apns:<app> or fcm:<app>. */
  | {
      kind: 'expiries-measured';
      /** Organizations whose last registered credential ends within 30 days. */
      credentialsEndingSoon: number;
      earliestCredentialEnd: number | null;
      tlsCertificateEnd: number | null;
      keys: readonly { key: string; since: number }[];
    }
  | {
      kind: 'device-registered';
      traceId: string;
      organizationId: string;
      appId: string;
      provider: ProviderName;
      targetId: string;
    };

export class RelayEvents {
  readonly #logger: Logger;
  readonly #metrics: ReturnType<typeof declareMetrics>;
  readonly #listeners = new Set<(event: RelayEvent) => void>();

  constructor({ logger, metrics }: { logger: Logger; metrics: Metrics }) {
    this.#logger = logger;
    this.#metrics = declareMetrics(metrics);
  }

  record(event: RelayEvent): void {
    this.#log(event);
    this.#measure(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls back, synchronously, with each event from now on. */
  listen(listener: (event: RelayEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #log(event: RelayEvent): void {
    const { kind, ...fields } = event;
    switch (kind) {
      case 'app-misconfigured':
      case 'endings-frozen':
      case 'seal-key-unknown':
      case 'provider-failed':
      case 'delivery-failed':
      case 'domain-check-failed':
        this.#logger.error(fields, kind);
        break;
      case 'domain-checked':
        if (event.result === 'proved') this.#logger.info(fields, kind);
        else this.#logger.warn(fields, kind);
        break;
      case 'token-refused':
        this.#logger.warn(fields, kind);
        break;
      case 'credential-registered':
      case 'credential-removed':
      case 'device-authorization':
      case 'token-issued':
      case 'notification-outcome':
      case 'app-recovered':
      case 'challenge-outcome':
      case 'device-registered':
        this.#logger.info(fields, kind);
        break;
      case 'expiries-measured':
        this.#logger.debug(fields, kind);
        break;
    }
  }

  #measure(event: RelayEvent): void {
    const metrics = this.#metrics;
    switch (event.kind) {
      case 'credential-registered':
        metrics.enrolments.inc({ result: event.added ? 'added' : 'present' });
        break;
      case 'credential-removed':
        break;
      case 'device-authorization':
        metrics.deviceAuthorizations.inc({ step: event.step });
        break;
      case 'token-issued':
        metrics.tokens.inc({ result: 'issued' });
        break;
      case 'token-refused':
        metrics.tokens.inc({ result: event.reason });
        break;
      case 'notification-outcome': {
        const { outcome, provider = 'none', reason = '' } = event;
        metrics.outcomes.inc({ provider, outcome, reason });
        if (outcome === 'accepted') metrics.latency.observe({ provider }, event.latencyMs / 1000);
        this.#measureRefusal(event);
        break;
      }
      case 'app-misconfigured':
      case 'app-recovered': {
        const { appId, provider, environment } = event;
        metrics.misconfigured.set(
          { app: appId, provider, environment },
          event.kind === 'app-recovered' ? 0 : 1,
        );
        break;
      }
      case 'endings-frozen':
        metrics.frozen.inc({ app: event.appId });
        break;
      case 'seal-key-unknown':
        metrics.sealKeyUnknown.inc();
        break;
      case 'delivery-failed':
      case 'domain-check-failed':
        break;
      case 'domain-checked':
        metrics.domainChecks.inc({ result: event.result });
        break;
      case 'provider-failed':
        metrics.providerFailed.inc({ provider: event.provider });
        break;
      case 'challenge-outcome':
        metrics.challenges.inc({ provider: event.provider, outcome: event.outcome });
        this.#measureRefusal(event);
        break;
      case 'device-registered':
        metrics.registered.inc({ provider: event.provider });
        break;
      case 'expiries-measured':
        this.#measureExpiries(event);
        break;
    }
  }

  #measureRefusal({ provider, providerReason }: { provider?: ProviderName; providerReason?: string }): void {
    if (provider === undefined || providerReason === undefined) return;
    this.#metrics.refusals.inc({ provider, reason: providerReason });
  }

  #measureExpiries(event: Extract<RelayEvent, { kind: 'expiries-measured' }>): void {
    const { credentialsEnding, earliestCredentialEnd, tlsEnd, keySince } = this.#metrics;
    credentialsEnding.set(event.credentialsEndingSoon);
    earliestCredentialEnd.set((event.earliestCredentialEnd ?? Number.NaN) / 1000);
    tlsEnd.set((event.tlsCertificateEnd ?? Number.NaN) / 1000);
    for (const { key, since } of event.keys.toReversed()) keySince.set({ key }, since / 1000);
  }
}

function declareMetrics(metrics: Metrics) {
  return {
    enrolments: metrics.counter(
      'mailbadge_enrolments_total',
      'Certificates registered with a one-time code',
      ['result'],
    ),
    deviceAuthorizations: metrics.counter(
      'mailbadge_device_authorizations_total',
      'Approvals that proxies asked for, and took',
      ['step'],
    ),
    tokens: metrics.counter(
      'mailbadge_tokens_total',
      'Access tokens issued, and client assertions refused by reason',
      ['result'],
    ),
    domainChecks: metrics.counter(
      'mailbadge_domain_checks_total',
      'TXT records of organizations that signed themselves up, looked up again',
      ['result'],
    ),
    outcomes: metrics.counter('mailbadge_notifications_delivered_total', 'Notifications by outcome', [
      'provider',
      'outcome',
      'reason',
    ]),
    refusals: metrics.counter(
      'mailbadge_provider_refusals_total',
      'Pushes, of badges and registration codes, that a provider did not accept, by its own reason',
      ['provider', 'reason'],
    ),
    latency: metrics.histogram(
      'mailbadge_delivery_latency_seconds',
      "From the request's arrival to the provider's accept",
      ['provider'],
      [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15],
    ),
    misconfigured: metrics.gauge(
      'mailbadge_app_misconfigured',
      '1 while an app is held back because its configuration at this relay is wrong: mend it',
      ['app', 'provider', 'environment'],
    ),
    frozen: metrics.counter(
      'mailbadge_relay_endings_frozen_total',
      'Times that too many devices of one organization were reported gone at once',
      ['app'],
    ),
    sealKeyUnknown: metrics.counter(
      'mailbadge_seal_key_unknown_total',
      'Alarms for sealed targets of a key that this relay does not have',
      [],
    ),
    providerFailed: metrics.counter('mailbadge_provider_failed_total', 'Errors in a provider', ['provider']),
    challenges: metrics.counter('mailbadge_challenges_total', 'Registration codes pushed, by outcome', [
      'provider',
      'outcome',
    ]),
    registered: metrics.counter('mailbadge_devices_registered_total', 'Push targets sealed', ['provider']),
    credentialsEnding: metrics.gauge(
      'mailbadge_credentials_ending',
      'Organizations whose last registered key credential ends within 30 days',
      [],
    ),
    earliestCredentialEnd: metrics.gauge(
      'mailbadge_credential_earliest_end_timestamp_seconds',
      'When the first organization has no key credential any more, as Unix time; NaN: there is none',
      [],
    ),
    tlsEnd: metrics.gauge(
      'mailbadge_tls_certificate_end_timestamp_seconds',
      'When the certificate of "tls" ends, as Unix time; NaN: there is none',
      [],
    ),
    keySince: metrics.gauge(
      'mailbadge_key_since_timestamp_seconds',
      "Since when a key is in use, as Unix time: the relay's own by purpose; of apns:<app> and fcm:<app>, when its file changed",
      ['key'],
    ),
  };
}
