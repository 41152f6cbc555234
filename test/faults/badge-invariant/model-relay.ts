// A relay and the providers behind it, as bad as they may be: batches are lost, refused, cut off; notifications are
// taken and the answer lost, taken late (begun by notAfter, over by notAfter + 10 s), taken twice, deferred, refused.
// And strict in what it demands: what it starts must be in the proxy's database as the icon's one attempt, and no two
// attempts for one target may ever be open at a time.

import assert from 'node:assert/strict';
import type { NotificationResult } from '../../../src/contract/outcomes.ts';
import type { Notification } from '../../../src/contract/publishing.ts';
import type { PublishEnd, RelayPort } from '../../../src/proxy/publisher/relay-port.ts';
import type { ManualClock } from '../../../src/runtime/manual-clock.ts';
import type { Random } from '../../../src/runtime/random.ts';
import type { Fate, SharedDatabase } from './process-database.ts';

export type RelayMode = 'up' | 'unreachable' | 'refusing' | 'silent';
type Stored = { attempt_badge: number; attempt_rev: number; shown: number | null; wanted: number | null };

export class ModelRelay {
  mode: RelayMode = 'up';
  /** 0: nothing goes wrong; 1: something nearly always does. */
  trouble = 0;
  /** What each target's provider accepted last. */
  readonly accepted = new Map<string, number>();
  /** What each target's device shows: a browser ignores what is older than what it has. */
  readonly shown = new Map<string, { badge: number; subscription?: string; rev?: number }>();
  started = 0;
  /** The first broken rule; thrown by the test, since here it would be swallowed. */
  violation: Error | undefined;
  readonly #open = new Map<string, string>();
  readonly #clock: ManualClock;
  readonly #random: Random;
  readonly #database: SharedDatabase;
  readonly #skewMs: number;

  constructor(options: { clock: ManualClock; random: Random; database: SharedDatabase; skewMs: number }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#database = options.database;
    this.#skewMs = options.skewMs;
  }

  /** The relay as one process reaches it. */
  portFor(fate: Fate): RelayPort {
    return {
      relayNow: () => this.#now() - Math.floor(this.#random.fraction() * 300),
      publish: async ({ notAfter, notifications }, { signal, onResult }) => {
        await fate.step(); // between the commit of R2 and the first byte
        await fate.gate();
        const end = this.#publish(notifications, notAfter, signal, result => {
          void this.#deliver(fate, () => onResult(result));
        });
        const answer = await end;
        await fate.gate();
        return answer;
      },
    };
  }

  #now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  async #deliver(fate: Fate, deliver: () => void): Promise<void> {
    await fate.gate(); // a dead process is told nothing, a stalled one later
    deliver();
  }

  async #publish(
    notifications: readonly Notification[],
    notAfter: number,
    signal: AbortSignal,
    tell: (result: NotificationResult) => void,
  ): Promise<PublishEnd> {
    const { mode } = this;
    if (mode === 'unreachable') return { kind: 'not-sent', code: 'relay-unreachable', detail: 'model' };
    await this.#pause(200);
    if (mode === 'refusing') {
      return { kind: 'refused', code: 'overloaded', detail: 'model', retryAfterMs: this.#upTo(2000) };
    }
    if (this.#now() > notAfter) return { kind: 'refused', code: 'not-after-passed', detail: 'model' };
    this.#check(() => assert.ok(notAfter <= this.#now() + 5000, 'notAfter is more than 5 s ahead'));

    const cutOff = this.#happens(0.2);
    const deliveries = notifications.map(notification => this.#deliverOne(notification, notAfter));
    const told = deliveries.map(async (delivery, index) => {
      const result = await delivery;
      if (result !== undefined && mode !== 'silent' && !(cutOff && index % 2 === 0)) tell(result);
    });
    const broken = new Promise<PublishEnd>(resolve => {
      signal.addEventListener('abort', () => resolve({ kind: 'broken', detail: 'aborted' }));
      if (mode === 'silent') this.#clock.after(10_000, () => resolve({ kind: 'broken', detail: 'timeout' }));
      else if (cutOff)
        this.#clock.after(this.#upTo(3000), () => resolve({ kind: 'broken', detail: 'cut off' }));
    });
    return Promise.race([broken, Promise.all(told).then((): PublishEnd => ({ kind: 'answered' }))]);
  }

  /** Undefined: no answer is given. */
  async #deliverOne(notification: Notification, notAfter: number): Promise<NotificationResult | undefined> {
    const { id, sealedTarget } = notification;
    const target = targetOf(sealedTarget);
    await this.#pause(this.#happens(0.3) ? 5500 : 50);
    if (this.#now() > notAfter) return { id, outcome: 'deferred', reason: 'not-after-passed' };
    this.#start(notification, target);
    const lastMs = Math.max(0, notAfter + 10_000 - this.#now() - 1);
    if (this.#happens(0.1)) {
      // The relay lost sight of it, and the provider takes it later.
      this.#clock.after(this.#upTo(lastMs), () => {
        this.#accept(notification, target);
        this.#open.delete(target);
      });
      return { id, outcome: 'deferred', reason: 'outcome-unknown' };
    }
    await this.#pause(this.#happens(0.3) ? lastMs : 100);

    const fate = this.trouble === 0 ? 1 : this.#random.fraction() / this.trouble;
    const takes = fate >= 0.5 || fate < 0.25;
    if (takes) {
      this.#accept(notification, target);
      if (this.#happens(0.1)) this.#accept(notification, target); // a duplicate, before the answer
    }
    this.#open.delete(target);
    if (fate >= 0.5) {
      const providerId = `p-${id}`;
      const answer = { id, outcome: 'accepted', providerId } as const;
      return this.#happens(0.1) ? { ...answer, replacementTarget: resealed(sealedTarget) } : answer;
    }
    if (fate < 0.12) return undefined;
    if (fate < 0.37) return { id, outcome: 'deferred', reason: 'outcome-unknown' };
    if (fate < 0.4) return { id, outcome: 'rejected', reason: 'target-invalid' };
    return { id, outcome: 'deferred', reason: 'provider-unavailable', retryAfterMs: this.#upTo(5000) };
  }

  #start(notification: Notification, target: string): void {
    const { id, collapseKey } = notification;
    const { badge, rev } = shownBy(notification);
    this.started += 1;
    this.#check(() => {
      assert.equal(this.#open.get(target), undefined, `two attempts at a time for ${target}`);
      const [stored] = this.#database.read<Stored>(
        'SELECT attempt_badge, attempt_rev, shown FROM icon WHERE attempt_id = ? AND collapse_key = ?',
        id,
        collapseKey,
      );
      assert.notEqual(stored, undefined, 'R2: an attempt was sent that is not in the database');
      assert.equal(stored?.attempt_badge, badge, 'R2: another badge was sent than was stored');
      assert.equal(stored?.shown, null, 'R2: shown is not unknown during an attempt');
      const [wanted] = this.#database.read<{ wanted: number | null }>(
        'SELECT wanted FROM wanted_history WHERE collapse_key = ? AND rev = CAST(? AS INTEGER)',
        collapseKey,
        String(stored?.attempt_rev),
      );
      assert.equal(badge, wanted?.wanted, 'a badge was sent that was never wanted at its rev');
      if (rev !== undefined) assert.equal(rev, stored?.attempt_rev);
    });
    this.#open.set(target, id);
  }

  #accept(notification: Notification, target: string): void {
    const told = shownBy(notification);
    this.accepted.set(target, told.badge);
    const last = this.shown.get(target);
    const isOlder = last?.subscription === told.subscription && (told.rev ?? 0) < (last?.rev ?? 0);
    if (!isOlder) this.shown.set(target, told);
  }

  #check(rule: () => void): void {
    try {
      rule();
    } catch (error) {
      this.violation ??= error as Error;
    }
  }

  #happens(share: number): boolean {
    return this.#random.fraction() < share * this.trouble;
  }

  #upTo(ms: number): number {
    return Math.floor(this.#random.fraction() * ms);
  }

  #pause(upToMs: number): Promise<void> {
    return this.#clock.sleep(this.#upTo(upToMs));
  }
}

/** `sealed:<target>:<how often sealed>` */
export function targetOf(sealedTarget: string): string {
  return sealedTarget.split(':')[1] ?? '';
}

function resealed(sealedTarget: string): string {
  const [prefix, target, times] = sealedTarget.split(':');
  return `${prefix}:${target}:${Number(times) + 1}`;
}

/** What the device will show: a browser reads it in the body, which the proxy of this world does not encrypt. */
function shownBy({ badge, body }: Notification): { badge: number; subscription?: string; rev?: number } {
  return body === undefined ? { badge } : JSON.parse(Buffer.from(body, 'base64url').toString());
}
