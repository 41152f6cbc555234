// For each due icon that wants previews: the newest unseen message among the mailboxes that add to its badge, and the
// newest that the icon was told of before.

import type { Selectable, Transaction } from 'kysely';
import type { IconTable, ProxySchema } from '../database/schema.ts';
import type { NewestMessages } from '../unseen/newest-messages.ts';
import type { Claim } from './claim.ts';

type Icon = Pick<Selectable<IconTable>, 'id' | 'told_received_at' | 'told_uid'>;
type Newest = Pick<NewestMessages, 'get'>;

/** By the icon's id; none for an icon that wants no previews. */
export async function wantedPreviews(
  transaction: Transaction<ProxySchema>,
  icons: readonly Icon[],
  newest: Newest,
): Promise<Map<string, NonNullable<Claim['previews']>>> {
  if (icons.length === 0) return new Map();
  const subscriptions = await transaction
    .selectFrom('subscription')
    .select(['icon_id', 'mailbox_id', 'count'])
    .where(
      'icon_id',
      'in',
      icons.map(({ id }) => id),
    )
    .where('previews', '=', 1)
    .where('ended_at', 'is', null)
    .execute();
  const subscriptionsOf = Map.groupBy(subscriptions, ({ icon_id }) => icon_id);
  return new Map(
    icons.flatMap(icon => {
      const wanting = subscriptionsOf.get(icon.id);
      if (wanting === undefined) return [];
      const counting = wanting.filter(({ count }) => (count ?? 0) > 0);
      const mailboxIds = counting.map(({ mailbox_id }) => mailbox_id);
      return [[icon.id, { newest: newestOf(mailboxIds, newest), told: toldTo(icon) }]];
    }),
  );
}

function newestOf(mailboxIds: readonly string[], newest: Newest) {
  return mailboxIds
    .flatMap(mailboxId => {
      const message = newest.get(mailboxId);
      return message === undefined ? [] : [{ mailboxId, message }];
    })
    .toSorted((a, b) => b.message.receivedAt - a.message.receivedAt)[0];
}

function toldTo({ told_received_at: receivedAt, told_uid: uid }: Icon) {
  return receivedAt === null || uid === null ? undefined : { receivedAt, uid };
}
