// The running proxy fetches every authorization server's metadata again each twelve hours, so that new signing keys
// are known before they are needed. A failure changes nothing, and is tried again after a quarter of an hour; a server
// that calls itself otherwise is not followed, and said loudly.

import type { Clock, Timer } from '../../../runtime/clock.ts';
import { AppError, describeError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { AuthServers } from './auth-servers.ts';

const everyMs = 12 * 3_600_000;
const retryMs = 15 * 60_000;

type Collaborators = {
  servers: Pick<AuthServers, 'list' | 'refresh'>;
  clock: Clock;
  logger: Logger;
};

export class AuthServerRefresh implements Disposable {
  readonly #collaborators: Collaborators;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(collaborators: Collaborators) {
    this.#collaborators = collaborators;
  }

  /** Refreshes at once what is older than twelve hours; does not wait for it. */
  start(): void {
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { servers, clock, logger } = this.#collaborators;
    let nextMs = retryMs;
    try {
      const now = clock.now();
      const all = await servers.list();
      for (const { name } of all.filter(({ refreshedAt }) => now - refreshedAt >= everyMs)) {
        await this.#refresh(name);
      }
      const dueAt = (await servers.list()).map(({ refreshedAt }) => refreshedAt + everyMs);
      nextMs = Math.min(everyMs, Math.max(retryMs, Math.min(...dueAt) - now));
    } catch (error) {
      if (!this.#stopped)
        logger.error({ error: describeError(error) }, 'authorization servers cannot be read');
    }
    if (this.#stopped) return;
    this.#timer = clock.after(nextMs, () => void this.#run(), { background: true });
  }

  async #refresh(name: string): Promise<void> {
    const { servers, logger } = this.#collaborators;
    if (this.#stopped) return;
    try {
      const { came, went } = await servers.refresh(name);
      if (came.length + went.length > 0) {
        logger.info({ authServer: name, came, went }, 'the signing keys of an authorization server changed');
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const facts = { authServer: name, errorCode: error.code, error: error.message };
      if (error.code === 'auth-server-identity-changed')
        logger.error(facts, 'an authorization server changed');
      else logger.warn(facts, 'an authorization server was not refreshed');
    }
  }
}
