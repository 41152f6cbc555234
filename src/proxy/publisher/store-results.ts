// Writes answers to their icons, only while the attempt is still the icon's and this process's own: an answer that
// comes after its attempt was cleared changes nothing.

import type { Transaction } from 'kysely';
import type { NotificationResult } from '../../contract/outcomes.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvent } from '../events.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { Claim } from './claim.ts';
import { judgeResult, slowRetryMs } from './judge-result.ts';

export type Answer = { claim: Claim; result: NotificationResult };
type Context = {
  now: number;
  epoch: number;
  random: Random;
  subscriptions: Pick<Subscriptions, 'targetGone' | 'iconsSettled'>;
};

/** Answers the events to record once it is committed. */
export async function storeResults(
  transaction: Transaction<ProxySchema>,
  answers: readonly Answer[],
  { now, epoch, random, subscriptions }: Context,
): Promise<ProxyEvent[]> {
  if (answers.length === 0) return [];
  const events: ProxyEvent[] = [];
  const icons = await transaction
    .selectFrom('icon')
    .selectAll()
    .where(
      'attempt_id',
      'in',
      answers.map(({ claim }) => claim.attemptId),
    )
    .where('lease_epoch', '=', epoch)
    .execute();
  const iconOf = new Map(icons.map(icon => [icon.attempt_id, icon]));
  for (const answer of answers) {
    const icon = iconOf.get(answer.claim.attemptId);
    if (icon === undefined) continue;
    const { set, gone, paused } = judgeResult(answer, icon, { now, random });
    await transaction
      .updateTable('icon')
      .set(set)
      .where('attempt_id', '=', answer.claim.attemptId)
      .where('lease_epoch', '=', epoch)
      .execute();
    if (
      gone &&
      icon.ended_at === null &&
      (await subscriptions.targetGone(transaction, icon.id)) === 'frozen'
    ) {
      await transaction
        .updateTable('icon')
        .set({ retry_at: now + Math.round(slowRetryMs * (1 + random.fraction() / 5)) })
        .where('id', '=', icon.id)
        .execute();
    }
    if (paused) {
      events.push({ kind: 'icon-paused', iconId: icon.id, reason: set.paused_reason ?? '' });
    }
    events.push(outcomeEvent(answer, now));
  }
  await subscriptions.iconsSettled(
    transaction,
    icons.map(icon => icon.id),
  );
  return events;
}

/** Ends attempts of which it is certain that nothing of them was started, or that nothing of them can start (R4). */
export async function clearAttempts(
  transaction: Transaction<ProxySchema>,
  attemptIds: readonly string[],
  { reason, now }: { reason: string; now: number },
): Promise<void> {
  if (attemptIds.length === 0) return;
  await transaction
    .updateTable('icon')
    .set({ attempt_id: null, last_outcome: reason, last_outcome_at: now })
    .where('attempt_id', 'in', attemptIds)
    .execute();
}

/** R4: whoever made the attempt, its time is over. Answers the events of those whose outcome nobody told. */
export async function clearExpired(
  transaction: Transaction<ProxySchema>,
  now: number,
): Promise<ProxyEvent[]> {
  const expired = await transaction
    .selectFrom('icon')
    .selectAll()
    .where('attempt_id', 'is not', null)
    .where('attempt_blocks_until', '<=', now)
    .limit(1000)
    .execute();
  await clearAttempts(
    transaction,
    expired.flatMap(({ attempt_id }) => attempt_id ?? []),
    { reason: 'outcome-unknown', now },
  );
  return expired
    .filter(icon => (icon.last_outcome_at ?? 0) < (icon.attempt_at ?? 0))
    .map(icon => ({
      kind: 'badge-outcome',
      iconId: icon.id,
      badge: icon.attempt_badge ?? 0,
      rev: icon.attempt_rev ?? 0,
      traceId: icon.trace_id ?? '',
      provider: icon.provider,
      latencyMs: undefined,
      outcome: 'unknown',
    }));
}

function outcomeEvent({ claim, result }: Answer, now: number): ProxyEvent {
  const { iconId, badge, rev, traceId, provider, repetition } = claim;
  const facts = {
    kind: 'badge-outcome',
    iconId,
    badge,
    rev,
    traceId,
    provider,
    latencyMs: undefined,
  } as const;
  switch (result.outcome) {
    case 'accepted':
      return {
        ...facts,
        outcome: 'accepted',
        providerId: result.providerId,
        repetition,
        latencyMs: repetition ? undefined : Math.max(0, now - claim.changedAt),
      };
    case 'rejected':
      return { ...facts, outcome: 'rejected', reason: result.reason };
    case 'deferred':
      return { ...facts, outcome: 'deferred', reason: result.reason };
  }
}
