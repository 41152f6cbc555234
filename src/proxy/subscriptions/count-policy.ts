// What a mailbox adds to the badge of one subscription, by its policy.

import type { CountPolicy } from '../../contract/devices.ts';
import type { InboxView } from '../mailboxes/mailbox-source.ts';

/** Where a device's last view of INBOX ended: what has this UID or a larger one came later. */
export type Viewed = { uidValidity: number; uidNext: number };

/**
 * Undefined: nobody looked, and the subscription keeps its count. `viewed`: where the subscription counts from, from
 * now on; a first look, and one after UIDVALIDITY changed (RFC 9051 §2.3.1.1), begin at that look's UIDNEXT.
 */
export function countFor(
  policy: CountPolicy,
  { unseen, view }: { unseen: number; view?: InboxView | undefined },
  viewed: Viewed | null,
): { count: number; viewed?: Viewed } | undefined {
  switch (policy) {
    case 'unseen':
      return { count: unseen };
    case 'since-viewed': {
      if (view === undefined) return undefined;
      const { uidValidity, uidNext, unseenSince } = view;
      if (viewed?.uidValidity !== uidValidity) return { count: 0, viewed: { uidValidity, uidNext } };
      return { count: unseenSince.filter(uid => uid >= viewed.uidNext).length };
    }
  }
}

/** As a subscription's row has it. */
export function viewedOf(row: {
  viewed_uid_validity: number | null;
  viewed_uid_next: number | null;
}): Viewed | null {
  const { viewed_uid_validity: uidValidity, viewed_uid_next: uidNext } = row;
  return uidValidity === null || uidNext === null ? null : { uidValidity, uidNext };
}
