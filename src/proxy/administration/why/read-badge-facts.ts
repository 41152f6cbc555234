// Reads what is stored about one badge.

import type { Kysely } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { listNodes } from '../../nodes/list-nodes.ts';
import {
  type IconFacts,
  iconColumns,
  mailboxColumns,
  type ProxyFacts,
  type StoredMailbox,
} from './badge-facts.ts';

export async function readProxyFacts(db: Kysely<ProxySchema>, clock: Clock): Promise<ProxyFacts> {
  const state = await db.selectFrom('proxy_state').select('endings_frozen_at').executeTakeFirst();
  const object = await db.selectFrom('proxy_object').select('enabled').executeTakeFirst();
  const trust = await db.selectFrom('relay_trust').select('connected_at').executeTakeFirst();
  const nodes = (await listNodes(db, clock)).toSorted((a, b) => b.seenAt - a.seenAt);
  const node = nodes.find(({ state }) => state === 'running') ?? nodes[0];
  return {
    enabled: object?.enabled === 1,
    connected: (trust?.connected_at ?? null) !== null,
    endingsFrozenAt: state?.endings_frozen_at ?? null,
    node: node && { name: node.name, running: node.state === 'running', seenAt: node.seenAt },
  };
}

export async function readMailbox(db: Kysely<ProxySchema>, id: string): Promise<StoredMailbox | undefined> {
  return db
    .selectFrom('mailbox')
    .select(mailboxColumns)
    .where(({ or, eb }) => or([eb('id', '=', id), eb('sign_in_name', '=', id)]))
    .executeTakeFirst();
}

/** The one icon, or all that have or had a subscription to the mailbox, the newest first. */
export async function readIcons(
  db: Kysely<ProxySchema>,
  by: { iconId: string } | { mailboxId: string },
): Promise<IconFacts[]> {
  const all = db.selectFrom('icon').select(iconColumns).orderBy('registered_at', 'desc');
  const icons = await ('iconId' in by
    ? all.where('id', '=', by.iconId)
    : all
        .where('id', 'in', eb =>
          eb.selectFrom('subscription').select('icon_id').where('mailbox_id', '=', by.mailboxId),
        )
        .limit(100)
  ).execute();
  const facts: IconFacts[] = [];
  for (const icon of icons) {
    const rows = await db
      .selectFrom('subscription')
      .selectAll()
      .where('icon_id', '=', icon.id)
      .orderBy('created_at', 'desc')
      .execute();
    const mailboxes = await db
      .selectFrom('mailbox')
      .select(mailboxColumns)
      .where(
        'id',
        'in',
        rows.map(row => row.mailbox_id),
      )
      .execute();
    const mailboxOf = new Map(mailboxes.map(mailbox => [mailbox.id, mailbox]));
    const device = await db
      .selectFrom('session')
      .select('device_name')
      .where('installation_id', '=', icon.installation_id)
      .where(
        'mailbox_id',
        'in',
        rows.map(row => row.mailbox_id),
      )
      .where('device_name', 'is not', null)
      .orderBy('last_seen_at', 'desc')
      .executeTakeFirst();
    facts.push({
      icon,
      deviceName: device?.device_name ?? null,
      subscriptions: rows.flatMap(row => {
        const mailbox = mailboxOf.get(row.mailbox_id);
        return mailbox === undefined ? [] : [{ ...row, mailbox }];
      }),
    });
  }
  return facts;
}
