// When the publisher has next something to do, by the database alone: with it the loop sleeps exactly as long as it
// may, and a process that starts knows what an earlier one left.

import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import { dueIcons } from './claim-due.ts';
import { bucket } from './coalescing.ts';

/** `waiting`: also look at due icons that are held back. While the relay does not answer they cannot go anyway. */
export async function nextDueAt(
  transaction: Transaction<ProxySchema>,
  { waiting }: { waiting: boolean },
): Promise<number> {
  const { blocks } = await transaction
    .selectFrom('icon')
    .select(({ fn }) => fn.min('attempt_blocks_until').as('blocks'))
    .where('attempt_id', 'is not', null)
    .executeTakeFirstOrThrow();
  const { repeat } = await transaction
    .selectFrom('icon')
    .select(({ fn }) => fn.min('repeat_at').as('repeat'))
    .where('repeat_at', 'is not', null)
    .where('attempt_id', 'is', null)
    .where('paused_at', 'is', null)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const times = [blocks, repeat];
  if (waiting) {
    const held = await dueIcons(transaction)
      .select(
        sql<number | null>`MIN(CASE WHEN retry_at > hold_until THEN retry_at ELSE hold_until END)`.as('held'),
      )
      .executeTakeFirstOrThrow();
    times.push(held.held);
  }
  return Math.min(...times.map(time => time ?? Number.POSITIVE_INFINITY));
}

/** The repetition of what is shown: the icon becomes due once more. */
export async function askRepetitions(transaction: Transaction<ProxySchema>, now: number): Promise<void> {
  await transaction
    .updateTable('icon')
    .set(({ eb, ref, val }) => ({
      repeat_at: null,
      // What is due anyway is repeated a minute after it is accepted.
      repeated_rev: eb
        .case()
        .when('shown', '=', ref('wanted'))
        .then(ref('rev'))
        .else(ref('repeated_rev'))
        .end(),
      shown: val(null),
    }))
    .where('id', 'in', eb =>
      eb
        .selectFrom('icon')
        .select('id')
        .where('repeat_at', '<=', now)
        .where('attempt_id', 'is', null)
        .where('paused_at', 'is', null)
        .where('ended_at', 'is', null)
        .limit(1000),
    )
    .execute();
}

/**
 * Times that an earlier process stored may lie far ahead because the host's clock was set back since: nothing waits
 * longer than it would had it begun now.
 */
export async function boundTimes(
  transaction: Transaction<ProxySchema>,
  { now, blocksMs, longestMs }: { now: number; blocksMs: number; longestMs: number },
): Promise<void> {
  for (const [column, until] of [
    ['attempt_blocks_until', now + blocksMs],
    ['retry_at', now + longestMs],
    ['hold_until', now + longestMs],
    ['bucket_at', now + bucket.size * bucket.refillMs], // an empty bucket: else its refill would never come nearer
    ['repeat_at', now + longestMs],
  ] as const) {
    await transaction
      .updateTable('icon')
      .set({ [column]: until })
      .where(column, '>', until)
      .where('ended_at', 'is', null)
      .execute();
  }
}
