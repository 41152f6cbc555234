// Delivers badges to Android devices. The badge is absolute and the collapse key constant per icon, because FCM promises
// no order and keeps the newest message of a key for a device that is away. Android has no badge of its own: launchers
// show the number of a notification, which the app posts, replaces and takes away as the data say (docs/topics/devices.md).

import type { PushTarget } from '../../../contract/push-targets.ts';
import { challengeLifetimeMs } from '../../../contract/registration.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { FcmAppConfig } from '../../config.ts';
import type { Challenge, Provider, ProviderAnswer, ProviderNotification } from '../provider.ts';
import type { FcmAccount, FcmAccounts } from './accounts.ts';
import { judgeFcmAnswer } from './answers.ts';

export type FcmTarget = Extract<PushTarget, { provider: 'fcm' }>;

type Message = { id: string; notAfter: number; body: string };

/** FCM stores for at most four weeks. */
const maxStoredMs = 28 * 24 * 3_600_000;
/** What the app cancels when the count is 0; constant, since an app has one icon on a device. */
const notificationTag = 'mailbadge';

/** One app's way to FCM. Connection and token belong to `accounts`, which several apps may share: dispose of it after. */
export function createFcmProvider(
  config: FcmAppConfig,
  { accounts, clock }: { accounts: FcmAccounts; clock: Clock },
): Provider<FcmTarget> {
  const account = accounts.open(config);
  const path = `/v1/projects/${config.project_id}/messages:send`;
  const send = (message: Message): Promise<ProviderAnswer> => sendMessage(message, { account, path, clock });
  return {
    name: 'fcm',
    capacity: () => account.origin.capacity,
    deliver: notification => send(badgeMessage(notification, clock.now())),
    challenge: challenge => send(challengeMessage(challenge)),
    async [Symbol.asyncDispose]() {},
  };
}

function badgeMessage(notification: ProviderNotification<FcmTarget>, now: number): Message {
  const { id, notAfter, target, badge, collapseKey, expiresAt, presentation, rev, preview } = notification;
  // Only what the person will see is worth waking a sleeping phone: FCM deprioritizes who wakes it for nothing. And a
  // `notification_count` of 0 makes launchers count up, so 0 goes as data: the app takes its notification away.
  const visible = presentation === 'notification' && badge > 0;
  const message = {
    token: target.token,
    data: {
      v: '1',
      kind: 'badge',
      badge: String(badge),
      ...(rev === undefined ? {} : { rev: String(rev) }),
      ...(preview === undefined ? {} : { preview }),
    },
    android: {
      collapse_key: collapseKey,
      priority: visible ? 'HIGH' : 'NORMAL',
      ttl: seconds(Math.min(expiresAt - now, maxStoredMs)),
      ...(visible ? { notification: visibleNotification(badge) } : {}),
    },
  };
  return { id, notAfter, body: JSON.stringify({ message }) };
}

/** The words are the app's own string resources, so that they are in the device's language. */
function visibleNotification(badge: number) {
  return {
    tag: notificationTag,
    channel_id: 'mailbadge',
    notification_count: badge,
    title_loc_key: 'mailbadge_title',
    body_loc_key: 'mailbadge_unseen',
    body_loc_args: [String(badge)],
  };
}

function challengeMessage({ id, notAfter, target, code }: Challenge<FcmTarget>): Message {
  const message = {
    token: target.token,
    data: { v: '1', kind: 'challenge', code },
    android: { priority: 'HIGH', ttl: seconds(challengeLifetimeMs) }, // somebody waits for it
  };
  return { id, notAfter, body: JSON.stringify({ message }) };
}

async function sendMessage(
  { id, notAfter, body }: Message,
  { account, path, clock }: { account: FcmAccount; path: string; clock: Clock },
): Promise<ProviderAnswer> {
  const attempt = async (token: string): Promise<ProviderAnswer> => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-goog-api-format-version': '2', // with details, as Google's own libraries ask for
    };
    const result = await account.origin.send({ path, headers, body }, { notAfter });
    return result.kind === 'response' ? judgeFcmAnswer(result, { id, now: clock.now() }) : result;
  };
  const sent = await account.token.current();
  if (sent.kind !== 'token') return sent;
  const answer = await attempt(sent.token);
  if (answer.kind !== 'misconfigured' || answer.reason !== 'UNAUTHENTICATED') return answer;
  // FCM refused before doing anything, so the same message may go again; what it says of the second token counts
  const next = await account.token.replace(sent.token);
  return next.kind === 'token' ? attempt(next.token) : next;
}

/** A protobuf Duration in JSON; "0s" is now or never. */
function seconds(durationMs: number): string {
  return `${Math.max(0, Math.floor(durationMs / 1000))}s`;
}
