// One client's HTTP/2 connection to a simulator: which streams count as processed, so that a GOAWAY names a last stream
// id that is true.

import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

export class Http2Connection {
  /** Requests that were processed. */
  processed = 0;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket | undefined;
  #highestProcessed = 0;
  #lastStreamId = Number.POSITIVE_INFINITY;

  constructor({ session, socket }: { session: ServerHttp2Session; socket: Socket | undefined }) {
    this.#session = session;
    this.#socket = socket;
  }

  /** Whether this stream may still be processed after a GOAWAY. */
  takes(streamId: number): boolean {
    return streamId <= this.#lastStreamId;
  }

  markProcessed(streamId: number): void {
    this.processed += 1;
    this.#highestProcessed = Math.max(this.#highestProcessed, streamId);
  }

  allowStreams(maxConcurrentStreams: number): void {
    this.#session.settings({ maxConcurrentStreams });
  }

  /** With code 0 what was accepted is still answered, with another the connection ends at once. */
  goAway({ code, debug }: { code: number; debug?: string | undefined }): void {
    if (this.#session.destroyed) return;
    this.#lastStreamId = Math.min(this.#lastStreamId, this.#highestProcessed);
    this.#session.goaway(code, this.#lastStreamId, debug === undefined ? undefined : Buffer.from(debug));
    if (code === 0) this.#session.close();
    else this.#session.destroy(undefined, code);
  }

  /** The network's way to end a connection. */
  drop(): void {
    if (this.#socket?.destroyed === false) this.#socket.resetAndDestroy();
    this.#session.destroy();
  }
}
