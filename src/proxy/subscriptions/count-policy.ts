// What a mailbox adds to the badge of one subscription, by its policy.

import type { CountPolicy } from '../../contract/devices.ts';
import type { InboxView } from '../mailboxes/mailbox-source.ts';

/** Where a device's last view of INBOX ended: what has this UID or a larger one came later. */
export type Viewed = {
  uidValidity: number;
  uidNext: number;
  /** Only the device's word: the mail server was away when it came. */
  unverified: boolean;
};

/**
 * Undefined: nobody counted or looked, or not far enough back, and the subscription keeps its count. `viewed`: where it
 * counts from, from now on; a first look, and one after UIDVALIDITY changed (RFC 9051 §2.3.1.1), begin at that look's
 * UIDNEXT. A verified boundary beyond the look's UIDNEXT is no mistake: the look is the older of the two.
 */
export function countFor(
  policy: CountPolicy,
  { unseen, view }: { unseen: number | null; view: InboxView | undefined },
  viewed: Viewed | null,
): { count: number; viewed?: Viewed } | undefined {
  switch (policy) {
    case 'unseen':
      return unseen === null ? undefined : { count: unseen };
    case 'since-viewed': {
      if (view === undefined) return undefined;
      const { uidValidity, uidNext, sinceUid, unseenSince } = view;
      if (viewed?.uidValidity !== uidValidity) {
        return { count: 0, viewed: { uidValidity, uidNext, unverified: false } };
      }
      const boundary = viewed.unverified ? Math.min(viewed.uidNext, uidNext) : viewed.uidNext;
      if (boundary < Math.min(sinceUid, uidNext)) return undefined;
      const count = unseenSince.filter(uid => uid >= boundary).length;
      return viewed.unverified
        ? { count, viewed: { uidValidity, uidNext: boundary, unverified: false } }
        : { count };
    }
  }
}

type ViewedColumns = {
  viewed_uid_validity: number | null;
  viewed_uid_next: number | null;
  viewed_unverified: number;
};

/** As a subscription's row has it. */
export function viewedOf(row: ViewedColumns): Viewed | null {
  const { viewed_uid_validity: uidValidity, viewed_uid_next: uidNext, viewed_unverified } = row;
  if (uidValidity === null || uidNext === null) return null;
  return { uidValidity, uidNext, unverified: viewed_unverified === 1 };
}

export function viewedColumns(viewed: Viewed | null): ViewedColumns {
  return {
    viewed_uid_validity: viewed?.uidValidity ?? null,
    viewed_uid_next: viewed?.uidNext ?? null,
    viewed_unverified: viewed?.unverified === true ? 1 : 0,
  };
}
