// Where a test message stopped on its way to the badge, the likely cause, and what to do next.

import type { IconTable } from '../../database/schema.ts';
import type { Snapshot, Stage, StageName } from './follow-message.ts';

export type Diagnosis = { stoppedBefore: StageName; iconId: string | null; cause: string; next: string };

export function diagnose(
  before: Snapshot,
  last: Snapshot,
  stages: readonly Stage[],
  { goal, now }: { goal: 'accepted' | 'reported'; now: number },
): Diagnosis {
  const reached = (stage: StageName, iconId: string | null = null): boolean =>
    stages.some(each => each.stage === stage && each.iconId === iconId);
  const mailbox = last.mailbox.id;
  const doctor = 'run "mailbadge proxy doctor"';
  if (!reached('seen')) {
    return {
      stoppedBefore: 'seen',
      iconId: null,
      cause: `no change of the INBOX of ${mailbox} was seen: the message was filed elsewhere, still waits in a queue, or the mail server’s events do not arrive (state: ${last.mailbox.state}${last.mailbox.state_detail === null ? '' : `, ${last.mailbox.state_detail}`})`,
      next: `${doctor}; with Dovecot "mailbadge proxy set-up dovecot --prove ${mailbox}"`,
    };
  }
  if (!reached('counted')) {
    return {
      stoppedBefore: 'counted',
      iconId: null,
      cause: `the mailbox changed, but its unseen count is ${last.mailbox.unseen ?? 'unknown'} and was ${before.mailbox.unseen ?? 'unknown'}: a filter marked the message as read, or another device read one`,
      next: 'look at the mailbox, and run the test again',
    };
  }
  const icon = before.icons.find(({ id, paused_at }) => paused_at === null && !reached(goal, id));
  const present = last.icons.find(({ id }) => id === icon?.id);
  const iconId = icon?.id ?? null;
  const why = `run "mailbadge proxy why ${iconId ?? mailbox}"; ${doctor}`;
  if (present === undefined) {
    return { stoppedBefore: 'wanted', iconId, cause: 'the subscription ended meanwhile', next: why };
  }
  const missing = (['wanted', 'published', 'accepted', 'reported'] as const).find(
    stage => !reached(stage, present.id),
  );
  return { stoppedBefore: missing ?? goal, iconId, ...causeOf(missing ?? goal, present, { why, now }) };
}

function causeOf(
  stage: StageName,
  icon: IconTable,
  { why, now }: { why: string; now: number },
): { cause: string; next: string } {
  const lately = icon.last_outcome === null ? '' : `; the last outcome was ${icon.last_outcome}`;
  switch (stage) {
    case 'published':
      return icon.retry_at > now || icon.hold_until > now
        ? { cause: `the badge waits: its icon is held back for now${lately}`, next: why }
        : {
            cause: `the badge is not published: the relay takes none${lately}`,
            next: 'run "mailbadge proxy probe"',
          };
    case 'accepted':
      return {
        cause:
          icon.attempt_id === null
            ? `the provider did not take the badge${lately}`
            : 'the relay has not told yet what became of the badge',
        next: why,
      };
    case 'reported':
      return {
        cause: 'the device has not reported its badge: an app does so when it is opened',
        next: 'open the app; what the icon shows is right when the badge was accepted',
      };
    default:
      return { cause: 'the count did not change the icon’s badge', next: why };
  }
}
