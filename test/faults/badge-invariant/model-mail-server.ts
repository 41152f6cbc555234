// Mailboxes whose true count the model knows, and a source that may lose and reorder what it tells of them.

import type {
  MailboxCount,
  MailboxEvent,
  MailboxSource,
  RecountResult,
  WatchedMailbox,
} from '../../../src/proxy/mailboxes/mailbox-source.ts';
import type { ManualClock } from '../../../src/runtime/manual-clock.ts';
import type { Fate } from './process-database.ts';

/** How the source tells of a change. */
export type Telling = 'at once' | 'late' | 'twice' | 'never' | 'changed';

export class ModelMailServer {
  readonly truth = new Map<string, MailboxCount>();
  /** Changed, and nobody was told. */
  readonly #untold = new Set<string>();
  readonly #listeners = new Map<Fate, (event: MailboxEvent) => void>();
  readonly #clock: ManualClock;
  #modSeq = 1;

  constructor({ clock }: { clock: ManualClock }) {
    this.#clock = clock;
  }

  /** The mailbox has that many unseen messages now. */
  set(mailboxId: string, unseen: number, telling: Telling, { versioned }: { versioned: boolean }): void {
    this.#modSeq += 1;
    const version = versioned ? { version: { uidValidity: 1, modSeq: this.#modSeq } } : {};
    const count = { unseen, ...version };
    this.truth.set(mailboxId, count);
    const event: MailboxEvent = { ...this.#facts(mailboxId), kind: 'counted', cause: 'event', count };
    if (telling === 'never') this.#untold.add(mailboxId);
    else this.#untold.delete(mailboxId);
    if (telling === 'changed') this.#tell({ ...this.#facts(mailboxId), kind: 'changed' });
    if (telling === 'at once' || telling === 'twice') this.#tell(event);
    // Without versions a source must tell in order: what comes late could not be told from what is new.
    if (telling === 'twice' || telling === 'late') {
      this.#clock.after(700, () => {
        if (versioned) this.#tell(event);
        else this.#tell({ ...this.#facts(mailboxId), kind: 'gap' });
      });
    }
  }

  /** The source notices what it lost. */
  noticeGaps(): void {
    for (const mailboxId of this.#untold) this.#tell({ ...this.#facts(mailboxId), kind: 'gap' });
    this.#untold.clear();
  }

  /** The server as one process watches it. */
  sourceFor(fate: Fate): MailboxSource {
    return {
      name: 'model',
      needsPassword: false,
      start: async listener => {
        this.#listeners.set(fate, listener);
      },
      watch: () => undefined,
      unwatch: () => undefined,
      recount: (mailboxes, { signal }) => this.#recount(mailboxes, signal, fate),
      signIn: async () => ({ outcome: 'accepted' }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async #recount(
    mailboxes: readonly WatchedMailbox[],
    signal: AbortSignal,
    fate: Fate,
  ): Promise<RecountResult[]> {
    await this.#clock.sleep(20, { signal });
    const results = mailboxes.map(({ id }): RecountResult => {
      const count = this.truth.get(id) ?? { unseen: 0 };
      return { mailboxId: id, outcome: 'counted', count };
    });
    await this.#clock.sleep(100, { signal }); // on its way back: events may overtake it
    await fate.gate();
    return results;
  }

  #facts(mailboxId: string): { mailboxId: string; traceId: string; observedAt: number } {
    return { mailboxId, traceId: '0'.repeat(32), observedAt: this.#clock.now() };
  }

  #tell(event: MailboxEvent): void {
    for (const [fate, listener] of this.#listeners) {
      if (!fate.dead) void fate.gate().then(() => listener(event));
    }
  }
}
