// UIDs as a server lists them, "3,7:12" (RFC 9051 §9, sequence-set): an INBOX with ten thousand unseen messages is
// often one range, and only its end is wanted.

/** A server that lists more than this is believed for its newest ones. */
const mostUids = 100_000;

export class UidSet {
  /** Ascending. */
  readonly #ranges: readonly { first: number; last: number }[];

  /** Takes what is no UID for nothing. */
  constructor(text: string) {
    this.#ranges = text
      .split(',')
      .flatMap(part => {
        const [, first, last = first] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part) ?? [];
        const [low, high] = [Math.min(Number(first), Number(last)), Math.max(Number(first), Number(last))];
        return low >= 1 ? [{ first: low, last: high }] : [];
      })
      .sort((a, b) => a.first - b.first);
  }

  /** The largest ones that are not below `from`, ascending. */
  newest(most: number, { from = 1 }: { from?: number } = {}): number[] {
    const uids: number[] = [];
    for (const { first, last } of this.#ranges.toReversed()) {
      for (let uid = last; uid >= Math.max(first, from); uid -= 1) {
        if (uids.length >= most) return uids.reverse();
        uids.push(uid);
      }
    }
    return uids.reverse();
  }

  since(uid: number): number[] {
    return this.newest(mostUids, { from: uid });
  }
}
