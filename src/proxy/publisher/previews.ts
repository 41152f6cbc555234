// Which message a notification may preview: the newest unseen one of the mailboxes whose subscriptions on this icon asked
// for it. An alert rings, so a message is alerted once, and only where the badge rises: what was read, or is old news
// beside a new message elsewhere, rings for nobody. Both are judged against what the provider last accepted, which the
// database keeps: what was deferred rings when it goes again, and a restart makes nothing ring a second time.

import type { Preview } from '../../contract/badge-payload.ts';
import type { Claim, InboxMessage, ToldMessage } from './claim.ts';
import { previewText } from './preview-text.ts';

/** Each as it stands in JSON; a payload with all of them at their longest fits its size (payload-sizes.ts). */
const longestBytes = { mailbox: 128, from: 160, subject: 400 } as const;

/** For what is shown silently: undefined when nothing is unseen, or not looked at since the start. */
export function newestPreview({ badge, previews }: Pick<Claim, 'badge' | 'previews'>): Preview | undefined {
  const newest = badge > 0 ? previews?.newest : undefined;
  return newest && toPreview(newest);
}

/** For what rings. */
export function previewToAlert(
  claim: Pick<Claim, 'badge' | 'acceptedBadge' | 'repetition' | 'previews'>,
): Preview | undefined {
  const { badge, acceptedBadge, repetition } = claim;
  const rises = !repetition && acceptedBadge !== null && badge > acceptedBadge;
  return rises && toldBy(claim) !== undefined ? newestPreview(claim) : undefined;
}

/** What this badge tells of that none before it did; undefined when that is nothing. */
export function toldBy({ previews }: Pick<Claim, 'previews'>): ToldMessage | undefined {
  if (previews?.newest === undefined) return undefined;
  const { receivedAt, uid } = previews.newest.message;
  const { told } = previews;
  // Mail servers date messages by whole seconds (RFC 9051 §2.3.3): those of the same second are ordered by their UIDs.
  const isLater =
    told === undefined || receivedAt > told.receivedAt || (receivedAt === told.receivedAt && uid > told.uid);
  return isLater ? { receivedAt, uid } : undefined;
}

function toPreview({ mailboxId, message }: InboxMessage): Preview {
  const { fromName, fromAddress, subject, receivedAt } = message;
  const from = previewText(fromName ?? '', longestBytes.from) || (fromAddress ?? '');
  return {
    mailbox: previewText(mailboxId, longestBytes.mailbox),
    from: previewText(from, longestBytes.from),
    subject: previewText(subject ?? '', longestBytes.subject),
    receivedAt,
  };
}
