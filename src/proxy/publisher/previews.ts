// Which message a notification may preview, from memory alone: the newest unseen one of the mailboxes whose
// subscriptions on this icon asked for it. An alert rings, so a message is alerted once, and only where the badge rises:
// what was read, or is old news beside a new message elsewhere, rings for nobody.

import type { Preview } from '../../contract/badge-payload.ts';
import type { MessageSummary } from '../mailboxes/mailbox-source.ts';
import type { NewestMessages } from '../unseen/newest-messages.ts';
import type { Claim } from './claim.ts';
import { previewText } from './preview-text.ts';

/** Each as it stands in JSON; a payload with all of them at their longest fits its size (payload-sizes.ts). */
const longestBytes = { mailbox: 128, from: 160, subject: 400 } as const;

type Newest = { mailboxId: string; message: MessageSummary };

export class Previews {
  readonly #newest: Pick<NewestMessages, 'get'>;
  readonly #kept: number;
  /** By icon: what was newest when it was last published, and at which change. The one published longest ago comes first. */
  readonly #published = new Map<string, Newest & { rev: number }>();

  constructor({ newest, kept = 5000 }: { newest: Pick<NewestMessages, 'get'>; kept?: number }) {
    this.#newest = newest;
    this.#kept = kept;
  }

  /** For what is shown silently: undefined when nothing is unseen, or not looked at since the start. */
  newest({ badge, previews }: Pick<Claim, 'badge' | 'previews'>): Preview | undefined {
    const newest = badge > 0 ? this.#find(previews?.mailboxIds ?? []) : undefined;
    return newest && toPreview(newest);
  }

  /** For what rings. Asked again for the same change (it was deferred), it answers the same. */
  toAlert(claim: Pick<Claim, 'iconId' | 'rev' | 'badge' | 'acceptedBadge' | 'repetition' | 'previews'>) {
    const { iconId, rev, badge, acceptedBadge, repetition, previews } = claim;
    const newest = badge > 0 ? this.#find(previews?.mailboxIds ?? []) : undefined;
    if (newest === undefined) return undefined;
    const last = this.#published.get(iconId);
    const isNews = last === undefined || last.rev === rev || isLater(newest, last);
    if (isNews) this.#remember(iconId, { ...newest, rev });
    const rises = !repetition && acceptedBadge !== null && badge > acceptedBadge;
    return rises && isNews ? toPreview(newest) : undefined;
  }

  #find(mailboxIds: readonly string[]): Newest | undefined {
    return mailboxIds
      .flatMap(mailboxId => {
        const message = this.#newest.get(mailboxId);
        return message === undefined ? [] : [{ mailboxId, message }];
      })
      .toSorted((a, b) => b.message.receivedAt - a.message.receivedAt)[0];
  }

  #remember(iconId: string, published: Newest & { rev: number }): void {
    this.#published.delete(iconId);
    this.#published.set(iconId, published);
    if (this.#published.size > this.#kept) this.#published.delete(this.#published.keys().next().value ?? '');
  }
}

/** Mail servers date messages by whole seconds (RFC 9051 §2.3.3): two of the same second are told apart by their UIDs. */
function isLater(newest: Newest, last: Newest): boolean {
  const { receivedAt, uid } = newest.message;
  if (receivedAt !== last.message.receivedAt) return receivedAt > last.message.receivedAt;
  return newest.mailboxId !== last.mailboxId || uid > last.message.uid;
}

function toPreview({ mailboxId, message }: Newest): Preview {
  const { fromName, fromAddress, subject, receivedAt } = message;
  const from = previewText(fromName ?? '', longestBytes.from) || (fromAddress ?? '');
  return {
    mailbox: previewText(mailboxId, longestBytes.mailbox),
    from: previewText(from, longestBytes.from),
    subject: previewText(subject ?? '', longestBytes.subject),
    receivedAt,
  };
}
