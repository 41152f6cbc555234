// Delivers badges to iOS devices. The badge is absolute and the collapse id constant per icon, because APNs keeps one
// notification per app, promises no order, and answers 200 for what may never be shown.

import type { PushTarget } from '../../../contract/push-targets.ts';
import { challengeLifetimeMs } from '../../../contract/registration.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { ApnsAppConfig } from '../../config.ts';
import type { Http2Origin } from '../http2-origin.ts';
import type { Challenge, Provider, ProviderAnswer, ProviderNotification } from '../provider.ts';
import type { ApnsAccounts } from './accounts.ts';
import { judgeAnswer } from './answers.ts';
import type { ProviderToken } from './provider-token.ts';

export type ApnsTarget = Extract<PushTarget, { provider: 'apns' }>;

type Push = {
  id: string;
  target: ApnsTarget;
  notAfter: number;
  headers: Record<string, string>;
  body: string;
};

/** APNs stores for at most 30 days. */
const maxStoredMs = 30 * 24 * 3_600_000;

/** One app's way to APNs. The connections belong to `accounts`, which several apps may share: dispose of it after. */
export function createApnsProvider(
  config: ApnsAppConfig,
  { accounts, clock }: { accounts: ApnsAccounts; clock: Clock },
): Provider<ApnsTarget> {
  const { token, production, sandbox } = accounts.open(config);
  const originOf = ({ environment }: ApnsTarget): Http2Origin =>
    environment === 'production' ? production : sandbox;
  const push = (request: Push): Promise<ProviderAnswer> =>
    pushTo(originOf(request.target), request, { token, clock });
  return {
    name: 'apns',
    capacity: target => originOf(target).capacity,
    deliver: notification => push(badgePush(notification, config, clock.now())),
    challenge: challenge => push(challengePush(challenge, config.topic, clock.now())),
    async [Symbol.asyncDispose]() {},
  };
}

function badgePush(
  { id, target, badge, preview, collapseKey, expiresAt, notAfter }: ProviderNotification<ApnsTarget>,
  { topic, preview_alert: previewAlert }: Pick<ApnsAppConfig, 'topic' | 'preview_alert'>,
  now: number,
): Push {
  return {
    id,
    target,
    notAfter,
    headers: {
      'apns-topic': topic,
      'apns-push-type': 'alert', // "alert, badge, or sound"
      'apns-priority': '10',
      // 0: try once, store nothing
      'apns-expiration': expiresAt <= now ? '0' : epochSeconds(Math.min(expiresAt, now + maxStoredMs)),
      'apns-collapse-id': collapseKey,
    },
    body: JSON.stringify(
      preview === undefined ? { aps: { badge } } : alertOf({ badge, preview, previewAlert }),
    ),
  };
}

/**
 * An alert, because iOS wakes the extension that decrypts for nothing else; without a sound, which the extension may add.
 * At most 4096 bytes, by the bounds of its members.
 */
function alertOf({ badge, preview, previewAlert }: { badge: number; preview: string; previewAlert: string }) {
  return {
    aps: { badge, alert: { body: previewAlert }, 'mutable-content': 1 },
    mailbadge: { v: 1, preview },
  };
}

function challengePush(
  { id, target, code, notAfter }: Challenge<ApnsTarget>,
  topic: string,
  now: number,
): Push {
  return {
    id,
    target,
    notAfter,
    headers: {
      'apns-topic': topic,
      'apns-push-type': 'background',
      'apns-priority': '5', // the only one for background pushes
      'apns-expiration': epochSeconds(now + challengeLifetimeMs),
    },
    body: JSON.stringify({ aps: { 'content-available': 1 }, mailbadge: { v: 1, kind: 'challenge', code } }),
  };
}

async function pushTo(
  origin: Http2Origin,
  { id, target, notAfter, headers, body }: Push,
  { token, clock }: { token: ProviderToken; clock: Clock },
): Promise<ProviderAnswer> {
  const path = `/3/device/${target.token}`;
  const attempt = async (providerToken: string): Promise<ProviderAnswer> => {
    const identified = { authorization: `bearer ${providerToken}`, 'apns-id': id, ...headers };
    const result = await origin.send({ path, headers: identified, body }, { notAfter });
    return result.kind === 'response' ? judgeAnswer(result, { id, now: clock.now() }) : result;
  };
  const sent = token.current();
  const answer = await attempt(sent);
  // APNs refused before doing anything, so the same push may go again; what it says of the second token counts
  const next = tokenAfter(answer, { sent, token });
  return next === undefined ? answer : attempt(next);
}

/** The token to try once more with, where the answer was about the one that was sent. */
function tokenAfter(
  answer: ProviderAnswer,
  { sent, token }: { sent: string; token: ProviderToken },
): string | undefined {
  switch ('reason' in answer ? answer.reason : undefined) {
    case 'ExpiredProviderToken':
      return token.replaceExpired(sent);
    case 'TooManyProviderTokenUpdates':
      return token.stepBackFrom(sent);
    default:
      return undefined;
  }
}

function epochSeconds(at: number): string {
  return String(Math.floor(at / 1000));
}
