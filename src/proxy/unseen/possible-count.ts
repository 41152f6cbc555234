// What a mail server tells is taken only if it can be: a number that no mailbox has would stand in the database and
// fail whatever is computed with it, for every other mailbox, too. RFC 9051 §9: numbers, UIDs and UIDVALIDITY have 32
// bits. RFC 7162 §3.1 lets a mod-sequence have 63; one that is not exact here orders nothing, and counts as none.

import type { InboxView, MailboxCount, RecountResult } from '../mailboxes/mailbox-source.ts';

const largest = 2 ** 32 - 1;

/** Without what cannot be of version and view; undefined when the count itself cannot be. */
export function possibleCount({ unseen, version, view }: MailboxCount): MailboxCount | undefined {
  if (!isNumber(unseen)) return undefined;
  const orders =
    version !== undefined &&
    isNumber(version.uidValidity) &&
    isWithin(version.modSeq, Number.MAX_SAFE_INTEGER);
  return {
    unseen,
    ...(orders && { version }),
    ...(view !== undefined && isPossible(view) && { view }),
  };
}

export function possibleResult(result: RecountResult): RecountResult {
  if (result.outcome !== 'counted') return result;
  const count = possibleCount(result.count);
  if (count !== undefined) return { ...result, count };
  const { mailboxId } = result;
  return {
    mailboxId,
    outcome: 'unreachable',
    detail: 'the mail server tells a count that no mailbox can have',
  };
}

function isPossible({ uidValidity, uidNext, sinceUid, newest }: InboxView): boolean {
  return [uidValidity, uidNext, sinceUid, ...newest.map(({ uid }) => uid)].every(isNumber);
}

function isNumber(value: number): boolean {
  return isWithin(value, largest);
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
