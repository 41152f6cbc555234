// Icons for the console, by id, a page at a time.

import type { ExpressionBuilder, Kysely } from 'kysely';
import type { IconList } from '../../../contract/console/proxy-console.ts';
import type { IconTable, ProxySchema } from '../../database/schema.ts';
import { contains } from './like.ts';
import { type Page, pageSize } from './page.ts';

export type ListedIconState = IconList['icons'][number]['state'];

export async function listIcons(
  db: Kysely<ProxySchema>,
  { search, state, after }: Page & { state?: ListedIconState | undefined },
): Promise<IconList> {
  let query = db
    .selectFrom('icon')
    .selectAll('icon')
    .select(deviceName)
    .orderBy('icon.id')
    .limit(pageSize + 1);
  if (after !== undefined) query = query.where('icon.id', '>', after);
  if (state !== undefined) query = query.where(eb => inState(eb, state));
  if (search !== undefined) {
    query = query.where(({ or, exists, selectFrom }) =>
      or([
        contains('icon.id', search),
        contains('icon.app_id', search),
        contains('icon.installation_id', search),
        exists(
          selectFrom('subscription')
            .select('subscription.id')
            .whereRef('subscription.icon_id', '=', 'icon.id')
            .where(contains('subscription.mailbox_id', search)),
        ),
      ]),
    );
  }
  const rows = await query.execute();
  const shown = rows.slice(0, pageSize);
  const subscriptions = await db
    .selectFrom('subscription')
    .select(['icon_id', 'mailbox_id', 'ended_at'])
    .where(
      'icon_id',
      'in',
      shown.map(row => row.id),
    )
    .orderBy('mailbox_id')
    .execute();
  const byIcon = Map.groupBy(subscriptions, row => row.icon_id);
  return {
    icons: shown.map(row => ({
      id: row.id,
      appId: row.app_id,
      deviceName: row.device_name,
      provider: row.provider,
      presentation: row.presentation,
      mailboxes: [
        ...new Set(
          (byIcon.get(row.id) ?? [])
            .filter(subscription => row.ended_at !== null || subscription.ended_at === null)
            .map(subscription => subscription.mailbox_id),
        ),
      ],
      wanted: row.wanted,
      shown: row.shown,
      shownAt: row.shown_at,
      reportedBadge: row.reported_badge,
      reportedAt: row.reported_at,
      ...stateOf(row),
    })),
    more: rows.length > pageSize,
  };
}

/** The name that the device gave itself when it signed in last. */
export function deviceName({ selectFrom }: ExpressionBuilder<ProxySchema, 'icon'>) {
  return selectFrom('session')
    .innerJoin('subscription', 'subscription.mailbox_id', 'session.mailbox_id')
    .select('session.device_name')
    .whereRef('session.installation_id', '=', 'icon.installation_id')
    .whereRef('subscription.icon_id', '=', 'icon.id')
    .where('session.device_name', 'is not', null)
    .orderBy('session.last_seen_at', 'desc')
    .limit(1)
    .as('device_name');
}

/** As `stateOf`. */
export function inState(eb: ExpressionBuilder<ProxySchema, 'icon'>, state: ListedIconState) {
  const ended = eb('icon.ended_at', 'is not', null);
  const paused = eb('icon.paused_at', 'is not', null);
  const right = eb.and([
    eb('icon.shown', 'is not', null),
    eb('icon.wanted', 'is not', null),
    eb('icon.shown', '=', eb.ref('icon.wanted')),
  ]);
  const { not, and } = eb;
  switch (state) {
    case 'ended':
      return ended;
    case 'paused':
      return and([not(ended), paused]);
    case 'right':
      return and([not(ended), not(paused), right]);
    case 'waiting':
      return and([not(ended), not(paused), not(right)]);
  }
}

function stateOf(
  row: Pick<IconTable, 'ended_at' | 'ended_reason' | 'paused_at' | 'paused_reason' | 'shown' | 'wanted'> &
    Pick<IconTable, 'last_outcome' | 'last_outcome_at' | 'shown_at'>,
): { state: ListedIconState; stateDetail: string | null } {
  if (row.ended_at !== null) return { state: 'ended', stateDetail: row.ended_reason };
  if (row.paused_at !== null) return { state: 'paused', stateDetail: row.paused_reason };
  if (row.shown !== null && row.shown === row.wanted) return { state: 'right', stateDetail: null };
  const since = (row.last_outcome_at ?? 0) > (row.shown_at ?? 0);
  return { state: 'waiting', stateDetail: since ? row.last_outcome : null };
}
