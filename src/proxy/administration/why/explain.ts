// `why MAILBOX|ICON`: finds what is meant, reads what is stored about it, explains it.

import type { Kysely } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import { editDistance } from '../../../runtime/edit-distance.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { canonicalMailboxName, type MailboxNameRule } from '../../mailboxes/mailbox-name.ts';
import { type Explanation, explainIcon, explainMailbox } from './explain-badge.ts';
import { readIcons, readMailbox, readProxyFacts } from './read-badge-facts.ts';

/** Throws `not-found`, naming what is called alike. */
export async function explain(
  db: Kysely<ProxySchema>,
  of: string,
  { nameRule, clock }: { nameRule: MailboxNameRule; clock: Clock },
): Promise<Explanation> {
  const now = clock.now();
  const proxy = await readProxyFacts(db, clock);
  const [icon] = await readIcons(db, { iconId: of });
  if (icon !== undefined) return explainIcon(icon, proxy, now);
  const name = canonicalMailboxName(of, nameRule) ?? of;
  const mailbox = (await readMailbox(db, name)) ?? (await readMailbox(db, of));
  if (mailbox === undefined) throw await unknown(db, of, name);
  return explainMailbox(mailbox, await readIcons(db, { mailboxId: mailbox.id }), proxy, now);
}

async function unknown(db: Kysely<ProxySchema>, of: string, name: string): Promise<AppError> {
  const alike = await similar(db, name);
  const list = 'list all with "mailbadge proxy mailbox list"';
  return new AppError('not-found', `there is no mailbox and no icon "${of}"`, {
    hint:
      alike.length === 0
        ? `somebody must have signed in to the mailbox with the app; ${list}`
        : `did you mean ${alike.join(' or ')}? ${list}`,
  });
}

const candidates = 10_000;

/** At most three, the most alike first. */
async function similar(db: Kysely<ProxySchema>, name: string): Promise<string[]> {
  const mailboxes = await db.selectFrom('mailbox').select('id').limit(candidates).execute();
  const icons = await db
    .selectFrom('icon')
    .select('id')
    .where('ended_at', 'is', null)
    .limit(candidates)
    .execute();
  const wanted = name.toLowerCase();
  const localPart = wanted.split('@')[0] ?? '';
  return [...mailboxes, ...icons]
    .map(({ id }) => {
      const own = id.toLowerCase();
      const contained = localPart.length >= 3 && own.startsWith(localPart);
      return { id, distance: contained ? 1 : editDistance(own.slice(0, 320), wanted.slice(0, 320)) };
    })
    .filter(({ distance }) => distance <= Math.max(2, Math.floor(localPart.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ id }) => id);
}
