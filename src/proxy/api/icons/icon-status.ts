// How the badge of an icon stands, for the person who has the device: read from the database alone.

import type { Kysely } from 'kysely';
import type { IconStatus } from '../../../contract/devices.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { IconTable, ProxySchema } from '../../database/schema.ts';
import { publishingEnabled } from '../../publisher/publishing-enabled.ts';
import type { DeviceSession } from '../device-app.ts';

/** Throws `icon-not-found` unless the icon is this device's and shows this mailbox. */
export async function readIconStatus(
  db: Kysely<ProxySchema>,
  { iconId, session }: { iconId: string; session: DeviceSession },
  now: number,
): Promise<IconStatus> {
  const icon = await db
    .selectFrom('icon')
    .innerJoin('subscription', 'subscription.icon_id', 'icon.id')
    .innerJoin('mailbox', 'mailbox.id', 'subscription.mailbox_id')
    .selectAll('icon')
    .select('mailbox.state as mailbox_state')
    .where('icon.id', '=', iconId)
    .where('icon.installation_id', '=', session.installationId)
    .where('icon.ended_at', 'is', null)
    .where('subscription.mailbox_id', '=', session.mailboxId)
    .where('subscription.ended_at', 'is', null)
    .executeTakeFirst();
  if (icon === undefined) {
    throw new AppError('icon-not-found', 'this device has no such icon', {
      hint: 'subscribe again: the subscription may have expired',
    });
  }
  const enabled = await publishingEnabled(db);
  return { ...statusOf(icon, { enabled, now }), watched: icon.mailbox_state as IconStatus['watched'] };
}

export function statusOf(
  icon: IconTable,
  { enabled, now }: { enabled: boolean; now: number },
): Omit<IconStatus, 'watched'> {
  const { accepted_badge: badge, shown_at: at, last_outcome: reason, last_outcome_at: problemAt } = icon;
  const lastProblem =
    icon.paused_at !== null
      ? { reason: icon.paused_reason ?? 'target-invalid', at: icon.paused_at }
      : reason !== null && problemAt !== null && problemAt > (at ?? 0)
        ? { reason, at: problemAt }
        : null;
  const state = stateOf(icon, { enabled, now, troubled: lastProblem !== null });
  const waitsUntil = Math.max(icon.retry_at, icon.hold_until);
  return {
    id: icon.id,
    badge: icon.wanted,
    rev: icon.rev,
    state,
    accepted: badge === null || at === null ? null : { badge, at },
    lastProblem: state === 'shown' ? null : lastProblem,
    retryAt: state === 'waiting' && waitsUntil > now ? waitsUntil : null,
  };
}

function stateOf(
  icon: IconTable,
  { enabled, now, troubled }: { enabled: boolean; now: number; troubled: boolean },
): IconStatus['state'] {
  if (icon.paused_at !== null) return 'paused';
  if (icon.wanted === null) return 'not-counted';
  if (icon.attempt_id !== null) return 'publishing';
  if (icon.shown === icon.wanted) return 'shown';
  if (!enabled) return 'publishing-disabled';
  return troubled || Math.max(icon.retry_at, icon.hold_until) > now ? 'waiting' : 'publishing';
}
