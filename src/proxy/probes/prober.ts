// Does the probes that are asked of this node, one after the other, and one of its own now and then. What another
// process asks for is a foreign change: `wake` looks at once.

import type { Kysely } from 'kysely';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { publishingEnabled } from '../publisher/publishing-enabled.ts';
import type { ProbeOutcome } from './probe-outcome.ts';
import { endProbe, insertProbe, trimProbes } from './probe-store.ts';

/** Whoever asked has given up by then. */
const staleAfterMs = 120_000;

export type ProberOptions = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  logger: Logger;
  events: ProxyEvents;
  /** This node's name. */
  node: string;
  /** 0: only when asked. */
  everyMs: number;
  probe(
    request: { id: string; iconId: string | null },
    options: { signal: AbortSignal },
  ): Promise<ProbeOutcome>;
};

export class Prober implements AsyncDisposable {
  readonly #options: ProberOptions;
  readonly #stopping = new AbortController();
  #working: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Ends what an earlier process of this node left. */
  async start(): Promise<void> {
    const { db, clock, node } = this.#options;
    const now = clock.now();
    await db
      .updateTable('probe')
      .set({ ended_at: now, result_type: 'TimedOut', error: 'the node was started again meanwhile' })
      .where('node', '=', node)
      .where('ended_at', 'is', null)
      .where(({ or, eb }) =>
        or([eb('started_at', 'is not', null), eb('requested_at', '<', now - staleAfterMs)]),
      )
      .execute();
    this.#keepTime();
    this.wake();
  }

  /** Somebody may have asked for a probe. */
  wake(): void {
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#stopping.abort();
    await this.#working;
  }

  #keepTime(): void {
    const { clock, everyMs } = this.#options;
    if (everyMs === 0) return;
    this.#timer = clock.after(
      everyMs,
      () => {
        void this.#probeBySchedule();
        this.#keepTime();
      },
      { background: true },
    );
  }

  /** Not while disabled: then nobody expects a badge, and it would be no news. */
  async #probeBySchedule(): Promise<void> {
    const { db, events, logger, node } = this.#options;
    try {
      if (!(await publishingEnabled(db))) {
        events.record({ kind: 'probe-skipped' });
        return;
      }
      await insertProbe(this.#options, { node, requestedBy: 'schedule' });
      this.wake();
    } catch (error) {
      logger.error({ error: describeError(error) }, 'the scheduled probe was not done');
    }
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      try {
        for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
          await this.#do(next);
        }
      } catch (error) {
        this.#options.logger.error({ error: describeError(error) }, 'a probe could not be stored');
      }
    }
  }

  async #next(): Promise<{ id: string; iconId: string | null } | undefined> {
    if (this.#stopping.signal.aborted) return undefined;
    const { db, clock, node } = this.#options;
    const row = await db
      .selectFrom('probe')
      .select(['id', 'icon_id'])
      .where('node', '=', node)
      .where('started_at', 'is', null)
      .where('ended_at', 'is', null)
      .orderBy('requested_at')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    await db.updateTable('probe').set({ started_at: clock.now() }).where('id', '=', row.id).execute();
    return { id: row.id, iconId: row.icon_id };
  }

  async #do(request: { id: string; iconId: string | null }): Promise<void> {
    const { db, clock, events } = this.#options;
    const from = clock.monotonic();
    const { failure, stages } = await this.#outcome(request);
    const resultType = failure === undefined ? 'Succeeded' : 'Failed';
    await endProbe(db, request.id, { resultType, failure, stages, now: clock.now() });
    await trimProbes(db);
    events.record({
      kind: 'probe-ended',
      probeId: request.id,
      resultType,
      failureClass: failure?.failureClass,
      error: failure?.error,
      endedAt: clock.now(),
      ms: clock.monotonic() - from,
    });
  }

  async #outcome(request: { id: string; iconId: string | null }): Promise<ProbeOutcome> {
    try {
      return await this.#options.probe(request, { signal: this.#stopping.signal });
    } catch (error) {
      const failure = {
        failureClass: 'Unknown' as const,
        error: describeError(error),
        exception: 'internal-error',
        remedy: 'look into the proxy’s log, and report it',
      };
      return { failure, stages: [] };
    }
  }
}
