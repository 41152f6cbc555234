// What the `proxy subscription` and `proxy mailbox` commands do, on the service's own database. A running proxy
// notices a change by itself and publishes what follows from it.

import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { ProxyEvents } from '../events.ts';
import { mailboxNameRule } from '../mailbox-source-of.ts';
import { canonicalMailboxName } from '../mailboxes/mailbox-name.ts';
import { type ListedSubscription, listSubscriptions } from '../subscriptions/list-subscriptions.ts';
import type { RestoreRequest } from '../subscriptions/restore.ts';
import type { SignedOut } from '../subscriptions/sign-out-mailbox.ts';
import { Subscriptions } from '../subscriptions/subscriptions.ts';

type ListedMailbox = {
  mailbox: string;
  /** 'unsubscribed', or how the mail server answers for it. */
  state: string;
  detail: string | null;
  unseen: number | null;
  countedAt: number | null;
  lastEventAt: number | null;
  lastEventCause: string | null;
  subscriptions: number;
};

export type SubscriptionAdministration = AsyncDisposable & {
  /** Those of one mailbox, ended ones included; or all live ones that expire within `withinMs`, or at all. */
  list(which: { mailbox?: string | undefined; withinMs?: number | undefined }): Promise<ListedSubscription[]>;
  /** Throws `subscription-not-found`. */
  end(subscriptionId: string): Promise<void>;
  /** Brings back what ended for a reason since then; answers how many. */
  restore(request: RestoreRequest): Promise<number>;
  /** Lets subscriptions end by themselves again. */
  thaw(): Promise<void>;
  listMailboxes(): Promise<ListedMailbox[]>;
  /** Every device of the mailbox, by the canonical name or any other. Throws `mailbox-unknown`. */
  signOutMailbox(mailbox: string): Promise<SignedOut & { mailbox: string }>;
};

/** Later than any subscription ends. */
const everMs = 100 * 365 * 86_400_000;

export async function openSubscriptionAdministration(
  config: ProxyConfig,
  { clock, random }: { clock: Clock; random: Random },
): Promise<SubscriptionAdministration> {
  const database = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  const subscriptions = new Subscriptions({
    db,
    clock,
    random,
    events: new ProxyEvents({ logger: silentLogger, metrics: createMetrics() }),
    lifetimeMs: config.subscriptions.lifetime,
    perMailbox: config.subscriptions.per_mailbox,
    iconsChanged: () => undefined,
    mailboxesChanged: () => undefined,
  });
  return {
    list: ({ mailbox, withinMs = everMs }) =>
      mailbox === undefined ? subscriptions.expiringWithin(withinMs) : subscriptions.list(mailbox),
    async end(subscriptionId) {
      const [found] = await listSubscriptions(db, { id: subscriptionId });
      if (found === undefined) {
        throw new AppError('subscription-not-found', `there is no subscription ${subscriptionId}`, {
          hint: 'list them with "mailbadge proxy subscription list"',
        });
      }
      await subscriptions.unsubscribe({ subscriptionId, mailboxId: found.mailbox });
    },
    restore: request => subscriptions.restore(request),
    thaw: () => subscriptions.thawEndings(),
    async signOutMailbox(name) {
      const mailbox = canonicalMailboxName(name, mailboxNameRule(config)) ?? name;
      return { mailbox, ...(await subscriptions.signOutMailbox(mailbox)) };
    },
    async listMailboxes() {
      const rows = await db
        .selectFrom('mailbox')
        .selectAll('mailbox')
        .select(({ selectFrom }) =>
          selectFrom('subscription')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .whereRef('subscription.mailbox_id', '=', 'mailbox.id')
            .where('subscription.ended_at', 'is', null)
            .as('subscriptions'),
        )
        .orderBy('mailbox.id')
        .execute();
      return rows.map(row => {
        const live = Number(row.subscriptions ?? 0);
        return {
          mailbox: row.id,
          state: live === 0 ? 'unsubscribed' : row.state,
          detail: live === 0 ? null : row.state_detail,
          unseen: row.unseen,
          countedAt: row.counted_at,
          lastEventAt: row.last_event_at,
          lastEventCause: row.last_event_cause,
          subscriptions: live,
        };
      });
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
