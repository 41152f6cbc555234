// Runs recounts: at most one per mailbox, and one more when it was asked for meanwhile, so that the last change is
// never missed and a storm of changes costs two recounts. What changed just now goes before what is counted by the way.

import { describeError } from '../../runtime/errors.ts';
import type { MailboxSource, RecountResult, WatchedMailbox } from '../mailboxes/mailbox-source.ts';

const openCalls = 4;
const mailboxesPerCall = 64;

export class Recounter {
  readonly #source: Pick<MailboxSource, 'recount'>;
  readonly #lookUp: (mailboxId: string) => WatchedMailbox | undefined;
  readonly #onStart: (mailboxId: string) => void;
  readonly #onResult: (result: RecountResult) => void;
  readonly #urgent = new Set<string>();
  readonly #slow = new Set<string>();
  readonly #running = new Set<string>();
  readonly #calls = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #scheduled = false;

  constructor(options: {
    source: Pick<MailboxSource, 'recount'>;
    /** The mailbox as it is watched now; undefined when it no longer is. */
    lookUp(mailboxId: string): WatchedMailbox | undefined;
    onStart(mailboxId: string): void;
    onResult(result: RecountResult): void;
  }) {
    this.#source = options.source;
    this.#lookUp = options.lookUp;
    this.#onStart = options.onStart;
    this.#onResult = options.onResult;
  }

  /** A recount that starts after now; at once when `urgent`. */
  request(mailboxId: string, { urgent }: { urgent: boolean }): void {
    if (urgent) this.#slow.delete(mailboxId);
    else if (this.#urgent.has(mailboxId)) return;
    (urgent ? this.#urgent : this.#slow).add(mailboxId);
    this.#schedule();
  }

  /** Whether a recount of the mailbox waits or runs. */
  isBusyWith(mailboxId: string): boolean {
    return this.#running.has(mailboxId) || this.#urgent.has(mailboxId) || this.#slow.has(mailboxId);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#calls);
  }

  /** After the current turn, so that what is asked for together is counted together. */
  #schedule(): void {
    if (this.#scheduled || this.#stop.signal.aborted) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      while (this.#calls.size < openCalls && !this.#stop.signal.aborted) {
        const mailboxes = this.#next();
        if (mailboxes.length === 0) return;
        const call = this.#count(mailboxes).finally(() => {
          this.#calls.delete(call);
          this.#schedule();
        });
        this.#calls.add(call);
      }
    });
  }

  #next(): WatchedMailbox[] {
    const mailboxes: WatchedMailbox[] = [];
    for (const queue of [this.#urgent, this.#slow]) {
      for (const mailboxId of queue) {
        if (mailboxes.length === mailboxesPerCall) return mailboxes;
        if (this.#running.has(mailboxId)) continue; // stays queued until the running one ends
        queue.delete(mailboxId);
        const mailbox = this.#lookUp(mailboxId);
        if (mailbox !== undefined) mailboxes.push(mailbox);
      }
    }
    return mailboxes;
  }

  async #count(mailboxes: readonly WatchedMailbox[]): Promise<void> {
    for (const { id } of mailboxes) {
      this.#running.add(id);
      this.#onStart(id);
    }
    let results: readonly RecountResult[] = [];
    let detail = 'the source gave no result';
    try {
      results = await this.#source.recount(mailboxes, { signal: this.#stop.signal });
    } catch (error) {
      detail = describeError(error);
    }
    const resultOf = new Map(results.map(result => [result.mailboxId, result]));
    for (const { id } of mailboxes) {
      this.#running.delete(id);
      if (this.#stop.signal.aborted) continue;
      this.#onResult(resultOf.get(id) ?? { mailboxId: id, outcome: 'unreachable', detail });
    }
  }
}
