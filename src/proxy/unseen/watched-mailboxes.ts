// What is watched, in memory as the database says: subscribed mailboxes, by their credentials, with the look that
// their subscriptions need.

import type { Kysely } from 'kysely';
import type { Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Secret } from '../../runtime/secrets.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { Look, MailboxCount, MailboxSource, WatchedMailbox } from '../mailboxes/mailbox-source.ts';
import type { NewestMessages } from './newest-messages.ts';
import type { ToldCount } from './store-counts.ts';
import { type SubscribedMailbox, subscribedMailboxes } from './subscribed-mailboxes.ts';

export type Watched = {
  mailbox: WatchedMailbox;
  sealedPassword: string | null;
  viewedAt: number | null;
  /** The newest count that was taken. */
  known: MailboxCount | undefined;
  /** The last unseen count that subscriptions were given; while a count is held, it is older than `known`. */
  given: number | undefined;
  /** An event's count to which a look must still be added; `held` while the subscriptions wait for it. */
  unlooked: { told: ToldCount; held: Timer | undefined } | undefined;
  state: string;
  /** +1 with each count taken from an event; tells whether one came while a recount ran. */
  events: number;
  eventsAtRecount: number;
  failures: number;
  recountAt: number;
};

export type WatchedMailboxesOptions = {
  db: Kysely<ProxySchema>;
  source: Pick<MailboxSource, 'unwatch' | 'needsPassword'>;
  newest: Pick<NewestMessages, 'set'>;
  events: ProxyEvents;
  /** Opens what `mailbox.sealed_password` holds. */
  openPassword(mailboxId: string, sealedPassword: string): Secret;
};

/** A mailbox that is watched anew or otherwise than before, or must only be counted. */
export type Change = { mailbox: WatchedMailbox; watch: boolean; count: boolean };

export class WatchedMailboxes {
  readonly #options: WatchedMailboxesOptions;
  readonly #byId = new Map<string, Watched>();

  constructor(options: WatchedMailboxesOptions) {
    this.#options = options;
  }

  get(mailboxId: string): Watched | undefined {
    return this.#byId.get(mailboxId);
  }

  [Symbol.iterator](): IterableIterator<[string, Watched]> {
    return this.#byId.entries();
  }

  /** Makes the memory what the database says; lets go of what nobody wants any more. */
  async synchronize(): Promise<Change[]> {
    const rows = await this.#options.db.transaction().execute(subscribedMailboxes);
    const subscribed = new Set(rows.map(row => row.id));
    for (const [id, watched] of this.#byId) if (!subscribed.has(id)) this.#forget(id, watched);
    return rows.flatMap(row => {
      const watched = this.#byId.get(row.id);
      const change = watched === undefined ? this.#add(row) : this.#update(watched, row);
      return change.watch || change.count ? [change] : [];
    });
  }

  #add(row: SubscribedMailbox): Change {
    const mailbox = this.#toWatch(row);
    const version =
      row.uid_validity === null || row.mod_seq === null
        ? {}
        : { version: { uidValidity: row.uid_validity, modSeq: row.mod_seq } };
    this.#byId.set(row.id, {
      mailbox,
      sealedPassword: row.sealed_password,
      viewedAt: row.viewedAt,
      known: row.unseen === null ? undefined : { unseen: row.unseen, ...version },
      given: row.unseen ?? undefined,
      unlooked: undefined,
      state: row.state,
      events: 0,
      eventsAtRecount: 0,
      failures: 0,
      recountAt: 0,
    });
    return { mailbox, watch: true, count: true };
  }

  #update(watched: Watched, row: SubscribedMailbox): Change {
    const { look } = watched.mailbox;
    const sameCredential =
      watched.sealedPassword === row.sealed_password && watched.mailbox.signInName === row.sign_in_name;
    const sameLook = look?.sinceUid === row.look?.sinceUid && look?.newest === row.look?.newest;
    const sameWatch = sameCredential && sameLook && (look === undefined) === (row.look === undefined);
    // What was viewed may have been counted while the view was on its way.
    const viewed = row.look !== undefined && watched.viewedAt !== row.viewedAt;
    watched.viewedAt = row.viewedAt;
    const count =
      !sameCredential || viewed || isWider(row.look, look) || (row.uncounted && watched.failures === 0);
    if (!sameWatch)
      watched.mailbox = sameCredential ? relooked(watched.mailbox, row.look) : this.#toWatch(row);
    if (!sameCredential) {
      Object.assign(watched, { sealedPassword: row.sealed_password, failures: 0, recountAt: 0 });
    }
    if (row.look?.newest === undefined && look?.newest !== undefined) {
      this.#options.newest.set(row.id, undefined);
    }
    return { mailbox: watched.mailbox, watch: !sameWatch, count };
  }

  #forget(id: string, watched: Watched): void {
    const { source, newest } = this.#options;
    watched.unlooked?.held?.cancel();
    this.#byId.delete(id);
    source.unwatch(id);
    newest.set(id, undefined);
  }

  /** A password that cannot be opened is as good as none: the source says `refused`, and a new sign-in mends it. */
  #toWatch(row: SubscribedMailbox): WatchedMailbox {
    const mailbox = relooked({ id: row.id, signInName: row.sign_in_name }, row.look);
    const { source, openPassword, events } = this.#options;
    if (!source.needsPassword || row.sealed_password === null) return mailbox;
    try {
      return { ...mailbox, password: openPassword(row.id, row.sealed_password) };
    } catch (error) {
      events.record({ kind: 'storing-failed', what: 'password', error: describeError(error) });
      return mailbox;
    }
  }
}

function relooked({ look: _, ...mailbox }: WatchedMailbox, look: Look | undefined): WatchedMailbox {
  return look === undefined ? mailbox : { ...mailbox, look };
}

/** Whether a look asks for something that the one before did not see. */
function isWider(look: Look | undefined, before: Look | undefined): boolean {
  if (look === undefined) return false;
  if (before === undefined) return true;
  const since = ({ sinceUid }: Look): number => sinceUid ?? Number.POSITIVE_INFINITY;
  return since(look) < since(before) || (look.newest ?? 0) > (before.newest ?? 0);
}
