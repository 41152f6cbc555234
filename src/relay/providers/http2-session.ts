// One HTTP/2 connection to a provider, on node:http2. The only production file that knows that module: `Http2Session`
// and `ConnectHttp2` are the seam where another HTTP/2 implementation can stand.
// Invariant: each request is answered exactly once, by what is certain: a response; "not-processed" only where the
// protocol guarantees it (RFC 9113 §8.7: REFUSED_STREAM, ids above GOAWAY's last, or never written); else unknown.
// A dead connection (connection-watch.ts finds it) is reset, so that the kernel sends nothing of it later.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import { ConnectionWatch, defaultHttp2Timeouts, type Http2Timeouts } from './connection-watch.ts';

export type Http2Request = { path: string; headers: Record<string, string>; body: string };

export type StreamResult =
  | { kind: 'response'; status: number; headers: IncomingHttpHeaders; body: string }
  /** Certain: the server did nothing with it, so it may be sent again at once. */
  | { kind: 'not-processed'; reason: string }
  | { kind: 'outcome-unknown'; reason: string };

export type Http2Session = {
  readonly openStreams: number;
  /** What the server allows at this moment (RFC 9113 §5.1.2). */
  readonly streamLimit: number;
  /** Calls `done` exactly once. Ask only below `streamLimit`, and neither before `ready` nor after `draining`. */
  request(request: Http2Request, done: (result: StreamResult) => void): void;
  /** Takes no new request; closes when the answers of the open ones are in. */
  close(): void;
  /** At once; open requests become outcome-unknown. */
  destroy(reason: string): void;
};

export type SessionObserver = {
  /** The first SETTINGS came: requests may be made. */
  ready(): void;
  /** The stream limit changed. */
  limitChanged(): void;
  /** No new request may be made; open ones still get their answers. At most once. */
  draining(reason: string): void;
  /** It is over, or never came to be. Exactly once, after every `done`. */
  closed(reason: string): void;
};

export type ConnectHttp2 = (observer: SessionObserver) => Http2Session;

const maxResponseBytes = 4096;
/** More is of no use to one connection, and a server may advertise no limit at all. */
const maxStreams = 1000;
/** Client streams have odd ids below 2^31 (RFC 9113 §5.1.1): about a day at 10,000 requests a second. */
const maxRequests = 2 ** 30 - 10_000;

type Exchange = {
  stream: ClientHttp2Stream;
  done: (result: StreamResult) => void;
  startedAt: number;
  headers: IncomingHttpHeaders | undefined;
  body: Buffer[];
  bodyBytes: number;
};

/** Makes connections to one https origin, trusting `ca` (PEM) instead of the system's authorities where given. */
export function nodeHttp2(
  origin: URL,
  options: { clock: Clock; ca?: string; timeouts?: Partial<Http2Timeouts> },
): ConnectHttp2 {
  const timeouts = { ...defaultHttp2Timeouts, ...options.timeouts };
  return observer => new NodeHttp2Session(origin, { ...options, timeouts, observer });
}

class NodeHttp2Session implements Http2Session {
  readonly #clock: Clock;
  readonly #observer: SessionObserver;
  readonly #session: ClientHttp2Session;
  readonly #watch: ConnectionWatch;
  readonly #abort: () => void;
  /** In the order of their start, so the first is the oldest. */
  readonly #exchanges = new Set<Exchange>();
  #ready = false;
  #draining = false;
  #closing = false;
  #requests = 0;
  #lastStreamId = Number.POSITIVE_INFINITY;
  #endReason = 'connection-closed';

  constructor(
    origin: URL,
    {
      clock,
      ca,
      timeouts,
      observer,
    }: { clock: Clock; ca?: string; timeouts: Http2Timeouts; observer: SessionObserver },
  ) {
    this.#clock = clock;
    this.#observer = observer;
    const host = origin.hostname.replace(/^\[(.*)\]$/, '$1');
    const tcp = connectTcp({ host, port: Number(origin.port || 443), noDelay: true });
    const tls = connectTls({
      socket: tcp,
      host,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
    });
    tcp.on('error', error => tls.destroy(error));
    this.#abort = () => {
      // reset means "once connected", which at the end of the process nobody waits for
      if (tcp.connecting) tcp.destroy();
      else if (!tcp.destroyed) tcp.resetAndDestroy();
    };
    this.#session = connect(origin, {
      createConnection: () => tls,
      settings: { enablePush: false },
      maxSessionMemory: 64,
    });
    this.#session
      .on('remoteSettings', () => this.#onSettings())
      .on('goaway', (code, lastStreamId, data) => this.#onGoaway(code, lastStreamId, data))
      .on('error', error => {
        this.#endReason = describeError(error);
      })
      .on('close', () => this.#onClose());
    const watched = {
      oldestStart: () => this.#oldest?.startedAt,
      endStartedUntil: (instant: number) => this.#endStartedUntil(instant),
      ping: () => this.#ping(),
      died: (reason: string) => this.destroy(reason),
    };
    this.#watch = new ConnectionWatch({ clock, timeouts, watched });
    this.#watch.arm();
  }

  get openStreams(): number {
    return this.#exchanges.size;
  }

  get streamLimit(): number {
    return this.#ready
      ? Math.min(maxStreams, this.#session.remoteSettings?.maxConcurrentStreams ?? maxStreams)
      : 0;
  }

  request({ path, headers, body }: Http2Request, done: (result: StreamResult) => void): void {
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request({ ':method': 'POST', ':path': path, ...headers });
    } catch (error) {
      this.#drain(describeError(error));
      done({ kind: 'not-processed', reason: 'never-written' });
      return;
    }
    const exchange: Exchange = {
      stream,
      done,
      startedAt: this.#clock.monotonic(),
      headers: undefined,
      body: [],
      bodyBytes: 0,
    };
    this.#exchanges.add(exchange);
    stream
      .on('response', (response, flags) => this.#onResponse(exchange, response, flags))
      .on('error', ignore) // `close` follows and judges
      .on('close', () => this.#finish(exchange, this.#judge(exchange)));
    stream.end(body);
    if (this.#exchanges.size === 1) this.#watch.arm();
    this.#requests += 1;
    if (this.#requests >= maxRequests) this.#drain('stream-ids-used-up');
  }

  close(): void {
    this.#draining = true;
    this.#closing = true;
    this.#closeWhenIdle();
  }

  destroy(reason: string): void {
    if (this.#session.destroyed) return;
    this.#endReason = reason;
    this.#watch.stop();
    this.#abort();
    this.#session.destroy();
    this.#drain(reason);
  }

  #onSettings(): void {
    this.#watch.heard();
    if (this.#ready) {
      this.#observer.limitChanged();
    } else if (this.#session.alpnProtocol !== 'h2') {
      this.destroy('server-speaks-no-http2');
    } else {
      this.#ready = true;
      this.#watch.ready();
      this.#observer.ready();
    }
  }

  #onGoaway(code: number, lastStreamId: number, data: Uint8Array | undefined): void {
    this.#watch.heard();
    // RFC 9113 §6.8: a first GOAWAY may name 2^31-1; later ones only lower it
    this.#lastStreamId = Math.min(this.#lastStreamId, lastStreamId);
    const debug = data === undefined ? '' : `: ${Buffer.from(data).toString('latin1', 0, 200)}`;
    this.#endReason = `goaway ${code}${debug}`;
    this.#drain(this.#endReason);
  }

  #drain(reason: string): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#observer.draining(reason);
  }

  #onResponse(exchange: Exchange, headers: IncomingHttpHeaders, flags: number): void {
    this.#watch.heard();
    exchange.headers = headers;
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      exchange.stream.resume(); // no body follows
      return;
    }
    exchange.stream.on('data', (chunk: Buffer) => {
      exchange.bodyBytes += chunk.length;
      if (exchange.bodyBytes <= maxResponseBytes) exchange.body.push(chunk);
      else exchange.stream.close(constants.NGHTTP2_CANCEL);
    });
  }

  #judge({ stream, headers, body }: Exchange): StreamResult {
    // response headers are an answer, even if the connection was lost before the body was complete
    if (headers !== undefined) {
      const status = Number(headers[':status']);
      return { kind: 'response', status, headers, body: Buffer.concat(body).toString('utf8') };
    }
    if (stream.id === undefined) return { kind: 'not-processed', reason: 'never-written' };
    if (stream.id > this.#lastStreamId) return { kind: 'not-processed', reason: 'above-last-stream-id' };
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
      return { kind: 'not-processed', reason: 'refused-stream' };
    }
    const lost = this.#session.destroyed || stream.rstCode === constants.NGHTTP2_NO_ERROR;
    return { kind: 'outcome-unknown', reason: lost ? 'connection-lost' : `stream-reset-${stream.rstCode}` };
  }

  #finish(exchange: Exchange, result: StreamResult): void {
    if (!this.#exchanges.delete(exchange)) return;
    exchange.done(result);
    if (this.#closing) this.#closeWhenIdle();
  }

  /** Not earlier: a server that hears GOAWAY may refuse requests that are still on their way. */
  #closeWhenIdle(): void {
    const { closed, destroyed } = this.#session;
    if (this.#exchanges.size === 0 && !closed && !destroyed) this.#session.close();
  }

  #onClose(): void {
    this.#draining = true;
    this.#watch.stop();
    for (const exchange of this.#exchanges) this.#finish(exchange, this.#judge(exchange));
    this.#observer.closed(this.#endReason);
  }

  get #oldest(): Exchange | undefined {
    const [oldest] = this.#exchanges;
    return oldest;
  }

  #endStartedUntil(instant: number): void {
    for (const exchange of this.#exchanges) {
      if (exchange.startedAt > instant) return;
      exchange.stream.close(constants.NGHTTP2_CANCEL);
      const answered = exchange.headers !== undefined;
      this.#finish(
        exchange,
        answered ? this.#judge(exchange) : { kind: 'outcome-unknown', reason: 'timeout' },
      );
    }
  }

  #ping(): void {
    this.#session.ping(error => {
      if (error === null) this.#watch.ponged(); // else the connection closed: `close` says so
    });
  }
}

function ignore(): void {}
