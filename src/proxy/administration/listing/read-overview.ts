// The numbers on the console's first page, from stored rows.

import { type Kysely, sql } from 'kysely';
import type { Overview } from '../../../contract/console/proxy-console.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { inState } from './list-icons.ts';
import { expiringSoonMs, hasSuccessor } from './list-subscriptions.ts';

type Counts = Pick<Overview, 'mailboxes' | 'icons' | 'subscriptions' | 'endingsFrozenAt'>;

/** As long as ended subscriptions are listed to their owners. */
const restorableMs = 30 * 86_400_000;

export async function readCounts(db: Kysely<ProxySchema>, now: number): Promise<Counts> {
  const mailboxes = await db
    .selectFrom('mailbox')
    .select(['state', ({ fn }) => fn.countAll<number>().as('count')])
    .where('id', 'in', eb => eb.selectFrom('subscription').select('mailbox_id').where('ended_at', 'is', null))
    .groupBy('state')
    .execute();
  const inMailboxState = (state: string): number =>
    Number(mailboxes.find(row => row.state === state)?.count ?? 0);
  const icons = await db
    .selectFrom('icon')
    .select(eb => [
      eb.fn.countAll<number>().as('live'),
      sql<number | null>`SUM(${inState(eb, 'right')})`.as('right'),
      sql<number | null>`SUM(${inState(eb, 'waiting')})`.as('waiting'),
      sql<number | null>`SUM(${inState(eb, 'paused')})`.as('paused'),
    ])
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const live = await db
    .selectFrom('subscription')
    .select(({ fn }) => [
      fn.countAll<number>().as('live'),
      sql<number | null>`SUM(expires_at <= ${now + expiringSoonMs})`.as('expiring'),
    ])
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const ended = await db
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('subscription.ended_at', '>', now - restorableMs)
    .where(eb => eb.not(hasSuccessor(eb)))
    .executeTakeFirstOrThrow();
  const state = await db.selectFrom('proxy_state').select('endings_frozen_at').executeTakeFirst();
  return {
    mailboxes: {
      watched: inMailboxState('watched'),
      unreachable: inMailboxState('unreachable'),
      refused: inMailboxState('refused'),
      gone: inMailboxState('gone'),
    },
    icons: {
      live: Number(icons.live),
      right: Number(icons.right ?? 0),
      waiting: Number(icons.waiting ?? 0),
      paused: Number(icons.paused ?? 0),
    },
    subscriptions: {
      live: Number(live.live),
      expiringSoon: Number(live.expiring ?? 0),
      endedRestorable: Number(ended.count),
    },
    endingsFrozenAt: state?.endings_frozen_at ?? null,
  };
}
