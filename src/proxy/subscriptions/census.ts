// How many icons and mailboxes are in which state: for the gauges, and nothing else.

import type { Kysely } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { IconState, ProxyEvent } from '../events.ts';

export async function takeCensus(db: Kysely<ProxySchema>): Promise<ProxyEvent & { kind: 'census' }> {
  const icons: Record<IconState, number> = { shown: 0, due: 0, blocked: 0, paused: 0, uncounted: 0 };
  const states = await db
    .selectFrom('icon')
    .select(({ eb, fn, ref }) => [
      eb
        .case()
        .when('paused_at', 'is not', null)
        .then<IconState>('paused')
        .when('attempt_id', 'is not', null)
        .then<IconState>('blocked')
        .when('wanted', 'is', null)
        .then<IconState>('uncounted')
        .when('shown', '=', ref('wanted'))
        .then<IconState>('shown')
        .else<IconState>('due')
        .end()
        .as('state'),
      fn.countAll<number>().as('count'),
    ])
    .where('ended_at', 'is', null)
    .groupBy('state')
    .execute();
  for (const { state, count } of states) icons[state] = Number(count);

  const mailboxes: Record<string, number> = { watched: 0, unreachable: 0, refused: 0, gone: 0 };
  const subscribed = db.selectFrom('subscription').select('mailbox_id').where('ended_at', 'is', null);
  const rows = await db
    .selectFrom('mailbox')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .where('id', 'in', subscribed)
    .groupBy('state')
    .execute();
  for (const { state, count } of rows) mailboxes[state] = Number(count);
  return { kind: 'census', icons, mailboxes };
}
