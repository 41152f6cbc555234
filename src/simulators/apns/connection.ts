// One client's HTTP/2 connection to the simulator: who it says it is, and which streams count as processed, so that a
// GOAWAY names a last stream id that is true.

import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Environment } from './device.ts';
import type { GoawayFault } from './faults.ts';
import type { ConnectionIdentity } from './provider-tokens.ts';

export class ApnsConnection {
  readonly environment: Environment;
  identity: ConnectionIdentity | undefined;
  /** Requests that were processed. */
  processed = 0;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket | undefined;
  #highestProcessed = 0;
  #lastStreamId = Number.POSITIVE_INFINITY;

  constructor(options: {
    environment: Environment;
    session: ServerHttp2Session;
    socket: Socket | undefined;
  }) {
    this.environment = options.environment;
    this.#session = options.session;
    this.#socket = options.socket;
  }

  /** Whether this stream may still be processed after a GOAWAY. */
  takes(streamId: number): boolean {
    return streamId <= this.#lastStreamId;
  }

  markProcessed(streamId: number): void {
    this.processed += 1;
    this.#highestProcessed = Math.max(this.#highestProcessed, streamId);
  }

  /** Allows more streams, as APNs does after the first valid token. */
  authenticate(identity: ConnectionIdentity, streamLimit: number): void {
    if (this.identity !== undefined) return;
    this.identity = identity;
    this.#session.settings({ maxConcurrentStreams: streamLimit });
  }

  goAway({ code, reason, timestamp }: GoawayFault): void {
    if (this.#session.destroyed) return;
    this.#lastStreamId = Math.min(this.#lastStreamId, this.#highestProcessed);
    const debug = reason === undefined ? undefined : Buffer.from(JSON.stringify({ reason, timestamp }));
    this.#session.goaway(code, this.#lastStreamId, debug);
    if (code === 0) this.#session.close();
    else this.#session.destroy(undefined, code);
  }

  /** The network's way to end a connection. */
  drop(): void {
    if (this.#socket?.destroyed === false) this.#socket.resetAndDestroy();
    this.#session.destroy();
  }
}
