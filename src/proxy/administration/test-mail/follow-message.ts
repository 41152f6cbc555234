// Follows a message to its badges by what the running proxy stores: the mailbox's count, each icon's wanted badge,
// its attempt, the provider's acceptance, the device's own report. Times are the proxy's, to the millisecond.

import type { Kysely } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { IconTable, MailboxTable, ProxySchema } from '../../database/schema.ts';

export type StageName = 'sent' | 'seen' | 'counted' | 'wanted' | 'published' | 'accepted' | 'reported';

export type Stage = {
  stage: StageName;
  at: number;
  /** Since the message was handed to the mail server. */
  ms: number;
  iconId: string | null;
  detail: string;
};

export type Snapshot = { mailbox: MailboxTable; icons: IconTable[] };

const pollMs = 50;

/** The mailbox and its live icons. */
export async function takeSnapshot(db: Kysely<ProxySchema>, mailboxId: string): Promise<Snapshot> {
  return db.transaction().execute(async transaction => {
    const mailbox = await transaction
      .selectFrom('mailbox')
      .selectAll()
      .where('id', '=', mailboxId)
      .executeTakeFirstOrThrow();
    const icons = await transaction
      .selectFrom('icon')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('id', 'in', eb =>
        eb
          .selectFrom('subscription')
          .select('icon_id')
          .where('mailbox_id', '=', mailboxId)
          .where('ended_at', 'is', null),
      )
      .orderBy('id')
      .execute();
    return { mailbox, icons };
  });
}

/** Which stages are reached by now, of those that can be seen in the database. Pure. */
export function stagesReached(
  before: Snapshot,
  now: Snapshot,
  { sentAt, readAt }: { sentAt: number; readAt: number },
): Stage[] {
  const stages: Stage[] = [];
  const reach = (stage: StageName, at: number, iconId: string | null, detail: string): void => {
    stages.push({ stage, at, ms: Math.max(0, at - sentAt), iconId, detail });
  };
  const { mailbox } = now;
  const seenAt = mailbox.last_event_at ?? 0;
  if (seenAt < sentAt || seenAt === before.mailbox.last_event_at) return stages;
  reach('seen', seenAt, null, mailbox.last_event_cause ?? '');
  // Somebody may read another message at the same moment: then the count says nothing, and the test is repeated.
  if (mailbox.unseen === null || mailbox.unseen <= (before.mailbox.unseen ?? -1)) return stages;
  const countedAt = mailbox.counted_at ?? readAt;
  reach('counted', countedAt, null, `${mailbox.unseen} unseen`);
  for (const icon of now.icons) {
    const earlier = before.icons.find(({ id }) => id === icon.id);
    if (earlier === undefined || icon.paused_at !== null || icon.rev <= earlier.rev) continue;
    reach('wanted', countedAt, icon.id, `badge ${icon.wanted ?? '?'}`);
    const attemptAt = icon.attempt_at ?? 0;
    if ((icon.attempt_rev ?? -1) <= earlier.rev || attemptAt < sentAt) continue;
    reach('published', attemptAt, icon.id, `badge ${icon.attempt_badge ?? '?'}`);
    const acceptedAt = icon.shown_at ?? 0;
    if (acceptedAt < attemptAt) continue;
    reach('accepted', acceptedAt, icon.id, `${icon.provider} as ${icon.provider_id ?? '?'}`);
    const reportedAt = icon.reported_at ?? 0;
    // Since the attempt: the device may tell what it shows before the provider's answer is stored.
    if (reportedAt < attemptAt) continue;
    reach('reported', reportedAt, icon.id, `its icon shows ${icon.reported_badge ?? '?'}`);
  }
  return stages;
}

/** Tells each stage as it is reached, until all icons reached `goal` or the time is over; answers the last snapshot. */
export async function followMessage(
  db: Kysely<ProxySchema>,
  before: Snapshot,
  {
    sentAt,
    goal,
    timeoutMs,
    clock,
    onStage,
  }: {
    sentAt: number;
    goal: 'accepted' | 'reported';
    timeoutMs: number;
    clock: Clock;
    onStage(stage: Stage): void;
  },
): Promise<{ reached: boolean; last: Snapshot; stages: Stage[] }> {
  const icons = before.icons.filter(({ paused_at }) => paused_at === null);
  const told = new Map<string, Stage>();
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const last = await takeSnapshot(db, before.mailbox.id);
    for (const stage of stagesReached(before, last, { sentAt, readAt: clock.now() })) {
      const key = `${stage.stage} ${stage.iconId ?? ''}`;
      if (told.has(key)) continue;
      told.set(key, stage);
      onStage(stage);
    }
    const reached = icons.every(({ id }) => told.has(`${goal} ${id}`));
    if (reached || clock.monotonic() >= deadline) return { reached, last, stages: [...told.values()] };
    await clock.sleep(pollMs);
  }
}
