// Looks into INBOXes by doveadm: the unseen messages by UID, and the headers of the newest. A person with fifty
// thousand unseen messages is asked for the newest window of them only, unless a look goes further back.

import { messageSummary } from '../headers/message-summary.ts';
import type { InboxView, Look, MessageSummary } from '../mailbox-source.ts';
import type { DoveadmAnswer, DoveadmClient, DoveadmCommand } from './doveadm-client.ts';

/** An INBOX as its status was just read, and what to look for. */
export type Seen = { user: string; look: Look; unseen: number; uidValidity: number; uidNext: number };

/** So many UIDs are searched for the newest messages before all are. */
const windowUids = 2000;
/** Some 100,000 UIDs. */
const maxSearchBytes = 8_388_608;
/** A message has headers of some kilobytes; one with more is listed without its words. */
const maxHeaderBytes = 1_048_576;

/** Nothing for an INBOX that could not be searched. */
export async function doveadmViews(
  client: DoveadmClient,
  inboxes: readonly Seen[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Seen, InboxView>> {
  const unseen = await searchUnseen(client, inboxes, signal);
  const newest = await fetchNewest(client, unseen, signal);
  return new Map(
    Array.from(unseen, ([seen, uids]) => {
      const { look, uidValidity, uidNext } = seen;
      const { sinceUid = uidNext } = look;
      const unseenSince = look.sinceUid === undefined ? [] : uids.filter(uid => uid >= sinceUid);
      return [seen, { uidValidity, uidNext, sinceUid, unseenSince, newest: newest.get(seen) ?? [] }];
    }),
  );
}

/** The unseen UIDs that the looks need, ascending. */
async function searchUnseen(
  client: DoveadmClient,
  inboxes: readonly Seen[],
  signal: AbortSignal,
): Promise<Map<Seen, readonly number[]>> {
  const found = new Map<Seen, readonly number[]>(inboxes.map(seen => [seen, []]));
  const search = async (searches: readonly { seen: Seen; from: number }[]): Promise<void> => {
    const commands = searches.map(({ seen: { user }, from }): DoveadmCommand => {
      const query = ['mailbox', 'INBOX', 'unseen', 'uid', `${from}:*`];
      return ['search', { user, query }];
    });
    const answers = await client.run(commands, { maxBytes: maxSearchBytes, signal });
    for (const [index, { seen, from }] of searches.entries()) {
      const uids = uidsOf(answers[index]);
      if (uids === undefined) found.delete(seen);
      // n:* holds the last message, whatever its UID (RFC 9051 §9).
      else
        found.set(
          seen,
          uids.filter(uid => uid >= from).sort((a, b) => a - b),
        );
    }
  };
  await search(
    inboxes.flatMap(seen => {
      const from = firstUid(seen);
      return from < seen.uidNext ? [{ seen, from }] : [];
    }),
  );
  const further = Array.from(found).filter(
    ([seen, uids]) => uids.length < Math.min(seen.look.newest ?? 0, seen.unseen) && firstUid(seen) > 1,
  );
  await search(further.map(([seen]) => ({ seen, from: 1 })));
  return found;
}

/** UIDNEXT when there is nothing to search for. */
function firstUid({ look: { sinceUid, newest = 0 }, unseen, uidNext }: Seen): number {
  if (unseen === 0) return uidNext;
  const window = unseen <= windowUids ? 1 : Math.max(1, uidNext - windowUids);
  return Math.min(sinceUid ?? uidNext, newest > 0 ? window : uidNext);
}

function uidsOf(answer: DoveadmAnswer | undefined): number[] | undefined {
  if (answer?.kind !== 'rows') return undefined;
  return answer.rows.map(row => Number(row['uid'])).filter(uid => Number.isSafeInteger(uid) && uid > 0);
}

async function fetchNewest(
  client: DoveadmClient,
  unseen: ReadonlyMap<Seen, readonly number[]>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Seen, MessageSummary[]>> {
  const wanted = Array.from(unseen).flatMap(([seen, uids]) => {
    const { newest = 0 } = seen.look;
    return newest === 0
      ? []
      : uids
          .slice(-newest)
          .reverse()
          .map(uid => ({ seen, uid }));
  });
  const read = (messages: typeof wanted, fields: readonly string[]) => {
    const commands = messages.map(({ seen: { user }, uid }): DoveadmCommand => {
      const query = ['mailbox', 'INBOX', 'uid', `${uid}`];
      return ['fetch', { user, field: ['uid', 'date.received.unixtime', ...fields], query }];
    });
    return client.run(commands, { maxBytes: maxHeaderBytes, signal });
  };
  const answers = await read(wanted, ['hdr.from', 'hdr.subject', 'hdr.message-id']);
  const tooLarge = wanted.filter((_, index) => answers[index]?.kind === 'too-large');
  const withoutWords = await read(tooLarge, []);
  const newest = new Map<Seen, MessageSummary[]>();
  for (const [index, message] of wanted.entries()) {
    const large = tooLarge.indexOf(message);
    const answer = large === -1 ? answers[index] : withoutWords[large];
    const [row] = answer?.kind === 'rows' ? answer.rows : [];
    if (row === undefined) continue; // removed meanwhile
    const receivedAt = 1000 * Number(row['date.received.unixtime']);
    const summary = messageSummary(
      { uid: message.uid, receivedAt: Number.isSafeInteger(receivedAt) ? receivedAt : 0 },
      { from: row['hdr.from'], subject: row['hdr.subject'], messageId: row['hdr.message-id'] },
    );
    newest.set(message.seen, [...(newest.get(message.seen) ?? []), summary]);
  }
  return newest;
}
