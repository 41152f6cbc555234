// Opens and keeps the connections of an egress. Before a connection is opened the name is resolved and EVERY address
// is checked, so that one public address cannot vouch for a private one; then one of exactly these addresses is
// dialled, so that a name that resolves differently the next moment changes nothing. A kept connection leads to
// an address that was checked when it was opened.

import { Agent, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Dial, Resolve } from './dial.ts';
import { isPublicAddress } from './public-address.ts';

/** The name has an address that is not of the public internet: nothing was dialled. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

export type ConnectionLimits = {
  /** Resolving, connecting and TLS together. */
  connectMs: number;
  /** How many addresses of one name are tried, and how long each. */
  addressTries: number;
  addressTryMs: number;
  /** Connections kept for one origin while idle, and how long. */
  idlePerOrigin: number;
  idleMs: number;
};

type Collaborators = {
  clock: Clock;
  resolve: Resolve;
  dial: Dial;
  limits: ConnectionLimits;
  /** False only for origins that the operator allowed to be private. */
  publicOnly: boolean;
};

export class CheckedAgent extends Agent {
  readonly #collaborators: Collaborators;
  /** One look-up at a time per name: a name server that hangs takes one of the few resolver threads, not all. */
  readonly #lookups = new Map<string, Promise<string[]>>();

  constructor(collaborators: Collaborators) {
    const { idlePerOrigin, idleMs } = collaborators.limits;
    super({ keepAlive: true, maxFreeSockets: idlePerOrigin, timeout: idleMs });
    this.#collaborators = collaborators;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#connect(options.host ?? '', Number(options.port ?? 443)).then(
      socket => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
  }

  async #connect(hostname: string, port: number): Promise<Duplex> {
    const { clock, limits } = this.#collaborators;
    const deadline = new AbortController();
    const timer = clock.after(limits.connectMs, () => deadline.abort(new TimeoutError()));
    try {
      const addresses = await this.#checkedAddresses(hostname, deadline.signal);
      return await this.#dialOneOf(addresses, { hostname, port }, deadline.signal);
    } finally {
      timer.cancel();
    }
  }

  async #checkedAddresses(hostname: string, signal: AbortSignal): Promise<string[]> {
    const addresses = isIP(hostname) === 0 ? await this.#lookUp(hostname, signal) : [hostname];
    if (addresses.length === 0) throw new NoAddressError();
    if (this.#collaborators.publicOnly && !addresses.every(isPublicAddress)) throw new AddressRefusedError();
    return addresses;
  }

  #lookUp(hostname: string, signal: AbortSignal): Promise<string[]> {
    let lookup = this.#lookups.get(hostname);
    if (lookup === undefined) {
      lookup = this.#collaborators.resolve(hostname).finally(() => this.#lookups.delete(hostname));
      this.#lookups.set(hostname, lookup);
    }
    return Promise.race([lookup, rejectionOf(signal)]);
  }

  async #dialOneOf(
    addresses: string[],
    { hostname, port }: { hostname: string; port: number },
    signal: AbortSignal,
  ): Promise<Duplex> {
    const { clock, dial, limits } = this.#collaborators;
    let lastError: unknown;
    for (const address of addresses.slice(0, limits.addressTries)) {
      signal.throwIfAborted();
      const attempt = new AbortController();
      const timer = clock.after(limits.addressTryMs, () => attempt.abort(new TimeoutError()));
      try {
        return await dial({ address, port, hostname }, AbortSignal.any([signal, attempt.signal]));
      } catch (error) {
        lastError = error;
      } finally {
        timer.cancel();
      }
    }
    throw lastError;
  }
}

class NoAddressError extends Error {
  override readonly name = 'NoAddressError';
  readonly code = 'ENODATA';
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
