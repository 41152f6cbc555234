// Listens with an HTTP application on one address. A service has up to three listeners: devices (or the public
// API), administration, metrics. Closing stops accepting, lets running requests end, then cuts what is left.
// Whoever reaches the address may send anything at any speed, so connections, the time that each may take and the
// requests that one may have under way are bounded.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Clock, Timer } from '../clock.ts';
import { listen } from '../listen.ts';

export type ListenAddress = { host: string; port: number };

export type Fetch = (
  request: Request,
  env: { incoming: IncomingMessage; outgoing: ServerResponse },
) => Response | Promise<Response>;

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** While closing. */
const idleSweepMs = 50;

const limits = {
  /** Longer than reverse proxies keep a quiet connection (nginx: 60 s): who closes first must not be who is asked next. */
  keepAliveTimeout: 75_000,
  requestTimeout: 60_000,
  headersTimeout: 15_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16_384,
};
/** Of a connection on which nothing moves: its client reads no answer. */
const stalledMs = 120_000;
const mostConnections = 8192;
/** At most so often under a flood: looking through all connections takes a while. */
const makeRoomEveryMs = 1000;
/**
 * On one connection. All requests that came in one read are begun at once (RFC 9112 §9.3.2), whether their answers are
 * read or not: without this bound a few megabytes of pipelined requests would take gigabytes.
 */
const maxPipelined = 10;

export class HttpListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #drainMs: number;

  private constructor(server: Server, clock: Clock, drainMs: number) {
    this.#server = server;
    this.#clock = clock;
    this.#drainMs = drainMs;
  }

  /** Resolves when the port is open. `handler` is a plain Node handler; wrap a Hono app with `fetchHandler`. */
  static async open(
    address: ListenAddress,
    handler: RequestHandler,
    {
      clock,
      tls,
      drainMs = 5000,
      maxConnections = mostConnections,
    }: {
      clock: Clock;
      tls?: { cert: string; key: string };
      drainMs?: number;
      /** Beyond it a connection is closed as it comes, and with it the quiet ones: they hold no place that others want. */
      maxConnections?: number;
    },
  ): Promise<HttpListener> {
    const bounded = limitPipelining(handler);
    const server =
      tls === undefined ? createServer(limits, bounded) : createTlsServer({ ...limits, ...tls }, bounded);
    server.maxConnections = maxConnections;
    server.timeout = stalledMs;
    let madeRoomAt = Number.NEGATIVE_INFINITY;
    server.on('drop', () => {
      if (clock.monotonic() < madeRoomAt + makeRoomEveryMs) return;
      madeRoomAt = clock.monotonic();
      server.closeIdleConnections();
    });
    await listen(server, address);
    return new HttpListener(server, clock, drainMs);
  }

  /** The port that is really open (useful when 0 was asked for). */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    const cut = this.#clock.after(this.#drainMs, () => this.#server.closeAllConnections(), {
      background: true,
    });
    // A connection becomes idle only after its last answer, and would then stay for its keep-alive time.
    this.#server.keepAliveTimeout = 1;
    let sweep: Timer | undefined;
    const closeIdle = (): void => {
      this.#server.closeIdleConnections();
      sweep = this.#clock.after(idleSweepMs, closeIdle, { background: true });
    };
    closeIdle();
    await closed;
    sweep?.cancel();
    cut.cancel();
  }
}

/** Cuts a connection that asks for more before it was answered. */
function limitPipelining(handler: RequestHandler): RequestHandler {
  const underWay = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    const before = underWay.get(socket) ?? 0;
    if (before >= maxPipelined) {
      socket.destroy();
      return;
    }
    underWay.set(socket, before + 1);
    response.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    handler(request, response);
  };
}

/** Makes a Node handler of a fetch-style application. */
export function fetchHandler(fetch: Fetch): RequestHandler {
  const listener = getRequestListener((request, env) => fetch(request, env as Parameters<Fetch>[1]), {
    overrideGlobalObjects: false,
  });
  return (request, response) => void listener(request, response);
}
