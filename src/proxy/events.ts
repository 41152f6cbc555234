// What happens in the proxy, in its own words, once: each business event becomes a log record and metrics here and
// nowhere else, and whoever wants to watch (the demo's page) listens here. Labels are of low cardinality: never a
// mailbox, an icon or free text. Nothing may be decided by an event.

import type { CountPolicy } from '../contract/devices.ts';
import type { DeferralReason, RejectionReason } from '../contract/outcomes.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { MailboxState } from './mailboxes/mailbox-source.ts';

/** `unknown`: no answer came; the attempt blocks its icon until the relay can no longer have started it (R4). */
export type BadgeOutcome =
  | { outcome: 'accepted'; providerId: string; repetition: boolean }
  | { outcome: 'rejected'; reason: RejectionReason }
  | { outcome: 'deferred'; reason: DeferralReason | 'relay-unavailable' }
  | { outcome: 'unknown' };

type IconFacts = { iconId: string; badge: number; rev: number; traceId: string };

export type ProxyEvent =
  | {
      kind: 'mailbox-counted';
      mailboxId: string;
      unseen: number;
      cause: string;
      traceId: string;
      /** ms, when the event that led to the count was seen. */
      observedAt: number;
    }
  | { kind: 'mailbox-state'; mailboxId: string; state: MailboxState; detail: string | undefined }
  | {
      kind: 'recounted';
      outcome: 'counted' | 'gone' | 'refused' | 'unreachable' | 'failed';
      mailboxes: number;
    }
  | ({ kind: 'badge-wanted' } & IconFacts)
  | ({ kind: 'badge-published' } & IconFacts)
  | ({ kind: 'badge-outcome'; provider: string; latencyMs: number | undefined } & IconFacts & BadgeOutcome)
  | { kind: 'relay-unavailable'; end: string; detail: string; retryInMs: number }
  | { kind: 'relay-available' }
  | { kind: 'subscribed'; subscriptionId: string; iconId: string; mailboxId: string; renewed: boolean }
  | { kind: 'preferences-changed'; subscriptionId: string; policy: CountPolicy; previews: boolean }
  | { kind: 'subscriptions-ended'; reason: string; subscriptions: number }
  /** No proxy ran on the database for so long: what its icons show is not believed. */
  | { kind: 'badges-forgotten'; icons: number; gapMs: number }
  | { kind: 'icon-paused'; iconId: string; reason: string }
  | { kind: 'endings-frozen'; of: 'icon' | 'mailbox'; reported: number; live: number }
  | { kind: 'storing-failed'; what: string; error: string }
  | {
      kind: 'probe-ended';
      probeId: string;
      resultType: 'Succeeded' | 'Failed';
      failureClass: string | undefined;
      error: string | undefined;
      endedAt: number;
      ms: number;
    }
  /** Publishing is disabled: the schedule has nothing to probe. */
  | { kind: 'probe-skipped' }
  | { kind: 'certificate-staged'; thumbprint: string; effectiveAt: number }
  | { kind: 'certificate-registered'; thumbprint: string }
  | { kind: 'certificate-rolled'; thumbprint: string }
  | { kind: 'certificate-rotation-failed'; errorCode: string; error: string; retryInMs: number }
  | { kind: 'expiries'; ends: Expiry[] }
  | { kind: 'expires-soon'; what: Expiry['what']; role: string; endsAt: string; daysLeft: number }
  | { kind: 'census'; icons: Record<IconState, number>; mailboxes: Record<string, number> };

/** Something that ends at a known time; `expected` when nothing is lost by that. */
export type Expiry = {
  what: 'certificate' | 'credential' | 'tls';
  /** 'current' · 'previous' · 'next'; empty for TLS. */
  role: string;
  endsAt: number;
  expected: boolean;
};

export type IconState = 'shown' | 'due' | 'blocked' | 'paused' | 'uncounted';

export class ProxyEvents {
  readonly #logger: Logger;
  readonly #metrics: ReturnType<typeof declareMetrics>;
  readonly #listeners = new Set<(event: ProxyEvent) => void>();

  constructor({ logger, metrics }: { logger: Logger; metrics: Metrics }) {
    this.#logger = logger;
    this.#metrics = declareMetrics(metrics);
    this.#metrics.relayAvailable.set(Number.NaN); // nothing was published: no reason for an alert
    this.#metrics.tlsExpires.set(Number.NaN);
    this.#metrics.probeSucceededAt.set(Number.NaN);
  }

  record(event: ProxyEvent): void {
    this.#log(event);
    this.#measure(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls back, synchronously, with each event from now on. */
  listen(listener: (event: ProxyEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #log({ kind, ...fields }: ProxyEvent): void {
    if (kind === 'endings-frozen' || kind === 'storing-failed') this.#logger.error(fields, kind);
    else if (kind === 'relay-unavailable' || kind === 'icon-paused' || kind === 'badges-forgotten')
      this.#logger.warn(fields, kind);
    else if (kind === 'probe-ended' && 'resultType' in fields && fields.resultType === 'Failed')
      this.#logger.warn(fields, kind);
    else if (kind === 'certificate-rotation-failed') this.#logger.error(fields, kind);
    else if (kind === 'expires-soon' && 'daysLeft' in fields && fields.daysLeft < errorDays)
      this.#logger.error(fields, kind);
    else if (kind === 'expires-soon') this.#logger.warn(fields, kind);
    else if (['census', 'recounted', 'badge-wanted', 'probe-skipped', 'expiries'].includes(kind))
      this.#logger.debug(fields, kind);
    else this.#logger.info(fields, kind);
  }

  #measure(event: ProxyEvent): void {
    const metrics = this.#metrics;
    switch (event.kind) {
      case 'mailbox-counted':
        metrics.counts.inc({ cause: event.cause });
        break;
      case 'recounted':
        metrics.recounts.inc({ outcome: event.outcome }, event.mailboxes);
        break;
      case 'badge-published':
        metrics.attempts.inc();
        break;
      case 'badge-outcome': {
        const reason = 'reason' in event ? event.reason : '';
        metrics.published.inc({ provider: event.provider, outcome: event.outcome, reason });
        if (event.latencyMs !== undefined) metrics.latency.observe(event.latencyMs / 1000);
        break;
      }
      case 'relay-unavailable':
        metrics.relayAvailable.set(0);
        break;
      case 'relay-available':
        metrics.relayAvailable.set(1);
        break;
      case 'subscriptions-ended':
        metrics.ended.inc({ reason: event.reason }, event.subscriptions);
        break;
      case 'endings-frozen':
        metrics.frozen.inc({ of: event.of });
        break;
      case 'storing-failed':
        metrics.storingFailed.inc({ what: event.what });
        break;
      case 'probe-ended':
        metrics.probes.inc({ result: event.resultType, class: event.failureClass ?? '' });
        metrics.probeDuration.observe(event.ms / 1000);
        if (event.resultType === 'Succeeded') metrics.probeSucceededAt.set(event.endedAt / 1000);
        break;
      case 'certificate-rotation-failed':
        metrics.rotationFailed.inc();
        break;
      case 'expiries':
        this.#setExpiries(event.ends);
        break;
      case 'certificate-staged':
      case 'certificate-registered':
      case 'certificate-rolled':
      case 'expires-soon':
      case 'probe-skipped':
        metrics.probeSucceededAt.set(Number.NaN); // its age would be no reason for an alert
        break;
      case 'census':
        for (const [state, count] of Object.entries(event.icons)) metrics.icons.set({ state }, count);
        for (const [state, count] of Object.entries(event.mailboxes)) metrics.mailboxes.set({ state }, count);
        break;
      case 'mailbox-state':
      case 'badge-wanted':
      case 'subscribed':
      case 'badges-forgotten':
      case 'preferences-changed':
      case 'icon-paused':
        break;
    }
  }

  #setExpiries(ends: Expiry[]): void {
    const { certificateExpires, credentialExpires, tlsExpires } = this.#metrics;
    certificateExpires.reset();
    credentialExpires.reset();
    for (const { what, role, endsAt } of ends) {
      if (what === 'certificate') certificateExpires.set({ role }, endsAt / 1000);
      else if (what === 'credential') credentialExpires.set({ role }, endsAt / 1000);
      else tlsExpires.set(endsAt / 1000);
    }
  }
}

/** An end nearer than this is an error in the log. */
const errorDays = 7;

function declareMetrics(metrics: Metrics) {
  return {
    counts: metrics.counter('mailbadge_mailbox_counts_total', 'Counts taken over, by what led to them', [
      'cause',
    ]),
    recounts: metrics.counter('mailbadge_mailbox_recounts_total', 'Mailboxes counted again at the server', [
      'outcome',
    ]),
    attempts: metrics.counter(
      'mailbadge_notifications_attempted_total',
      'Notifications sent to the relay',
      [],
    ),
    published: metrics.counter(
      'mailbadge_notifications_published_total',
      'Notifications by outcome; unknown means that no answer came',
      ['provider', 'outcome', 'reason'],
    ),
    latency: metrics.histogram(
      'mailbadge_badge_latency_seconds',
      "From a mailbox's event to the provider's accept of the badge it led to",
      [],
      [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60, 300],
    ),
    relayAvailable: metrics.gauge(
      'mailbadge_relay_available',
      '1 while the relay takes what is published, 0 while it does not, NaN before the first',
      [],
    ),
    ended: metrics.counter('mailbadge_subscriptions_ended_total', 'Subscriptions ended', ['reason']),
    frozen: metrics.counter(
      'mailbadge_endings_frozen_total',
      'Endings held back because too many came at once: look before you lift the freeze',
      ['of'],
    ),
    storingFailed: metrics.counter('mailbadge_storing_failed_total', 'Database work that failed', ['what']),
    probes: metrics.counter('mailbadge_probes_total', 'Probes of the way to the relay, by result', [
      'result',
      'class',
    ]),
    probeSucceededAt: metrics.gauge(
      'mailbadge_probe_last_success_timestamp_seconds',
      'When a probe last succeeded, NaN while publishing is disabled',
      [],
    ),
    probeDuration: metrics.histogram(
      'mailbadge_probe_duration_seconds',
      'How long a probe took',
      [],
      [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 15, 60],
    ),
    rotationFailed: metrics.counter(
      'mailbadge_certificate_rotation_failed_total',
      'Attempts to renew, register or roll a certificate that failed',
      [],
    ),
    certificateExpires: metrics.gauge(
      'mailbadge_certificate_expires_timestamp_seconds',
      'When the organization’s certificate ends, by role',
      ['role'],
    ),
    credentialExpires: metrics.gauge(
      'mailbadge_credential_expires_timestamp_seconds',
      'When the key credential at the relay ends, by the role of its certificate',
      ['role'],
    ),
    tlsExpires: metrics.gauge(
      'mailbadge_tls_certificate_expires_timestamp_seconds',
      'When the TLS certificate of the listener for devices ends',
      [],
    ),
    icons: metrics.gauge('mailbadge_icons', 'Live icons by state', ['state']),
    mailboxes: metrics.gauge('mailbadge_mailboxes', 'Subscribed mailboxes by state', ['state']),
  };
}
