// A node says that it is there: its version, since when it runs, and which apps it holds back because their
// configuration is wrong (an open breaker is a matter of this process's memory, and somebody at another node or at the
// command line must see it). It writes every ten seconds, and at once when an app is held back or goes again.

import { hostname } from 'node:os';
import type { Kysely } from 'kysely';
import { version } from '../../contract/versions.ts';
import { softTransaction } from '../../database/soft-transaction.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvent, RelayEvents } from '../events.ts';
import { type HeldBackApp, silentAfterMs } from './list-nodes.ts';

const writeEveryMs = 10_000;
const forgottenAfterMs = 7 * 86_400_000;
const heldBackKept = 100;
const longestReason = 200;

/** Which process it is. */
export type NodeIdentity = {
  host: string;
  processId: number;
  /** Whether a process of that id runs on this host. */
  isAlive(processId: number): boolean;
};

type Collaborators = {
  db: Kysely<RelaySchema>;
  events: Pick<RelayEvents, 'listen'>;
  clock: Clock;
  logger: Logger;
};

export class NodePresence implements AsyncDisposable {
  readonly #parts: Collaborators;
  readonly #row: { name: string; process_id: number; version: string; started_at: number };
  readonly #heldBack = new Map<string, HeldBackApp>();
  readonly #listening: Disposable;
  #timer: Timer | undefined;
  #stopped = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(parts: Collaborators, row: { name: string; process_id: number }) {
    this.#parts = parts;
    this.#row = { ...row, version, started_at: parts.clock.now() };
    this.#listening = parts.events.listen(event => this.#follow(event));
    this.#beat();
  }

  /** It is there until it is disposed. */
  static async open(parts: Collaborators, identity: NodeIdentity = thisProcess()): Promise<NodePresence> {
    const { db, clock } = parts;
    await db
      .deleteFrom('node')
      .where('seen_at', '<', clock.now() - forgottenAfterMs)
      .execute();
    const name = await freeName(db, clock.now(), identity);
    return new NodePresence(parts, { name, process_id: identity.processId });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#timer?.cancel();
    this.#stopped = true;
    await this.#write();
  }

  #follow(event: RelayEvent): void {
    if (event.kind !== 'app-misconfigured' && event.kind !== 'app-recovered') return;
    const { appId, provider, environment } = event;
    const key = `${appId} ${provider} ${environment}`;
    if (event.kind === 'app-recovered') this.#heldBack.delete(key);
    else if (this.#heldBack.size < heldBackKept) {
      const reason = event.reason.slice(0, longestReason);
      this.#heldBack.set(key, { appId, provider, environment, reason });
    }
    void this.#write();
  }

  #beat(): void {
    void this.#write();
    this.#timer = this.#parts.clock.after(writeEveryMs, () => this.#beat(), { background: true });
  }

  /** Never rejects. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { db, clock, logger } = this.#parts;
      const now = clock.now();
      const state = {
        seen_at: now,
        stopped_at: this.#stopped ? now : null,
        apps_held_back: JSON.stringify([...this.#heldBack.values()]),
      };
      try {
        await softTransaction(db, transaction =>
          transaction
            .insertInto('node')
            .values({ ...this.#row, ...state })
            .onConflict(conflict => conflict.column('name').doUpdateSet({ ...this.#row, ...state }))
            .execute(),
        );
      } catch (error) {
        logger.error({ error: describeError(error) }, 'this node could not say that it is there');
      }
    });
    return this.#writing;
  }
}

/** The host's name; with the process id where another living process of this host has that name. */
async function freeName(
  db: Kysely<RelaySchema>,
  now: number,
  { host, processId, isAlive }: NodeIdentity,
): Promise<string> {
  const holder = await db.selectFrom('node').selectAll().where('name', '=', host).executeTakeFirst();
  if (holder === undefined || holder.process_id === processId) return host;
  const gone = holder.stopped_at !== null || holder.seen_at < now - silentAfterMs;
  return gone || !isAlive(holder.process_id) ? host : `${host}:${processId}`;
}

function thisProcess(): NodeIdentity {
  return {
    host: hostname(),
    processId: process.pid,
    isAlive(processId) {
      try {
        return process.kill(processId, 0); // signal 0 only asks
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
      }
    },
  };
}
