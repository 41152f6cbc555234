// An HTTP/2 server over TLS on loopback for simulators: reads requests, lets queued faults strike them, and keeps what it
// promises its clients about GOAWAY: what it did not process never takes effect. What a request means is its owner's.

import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../runtime/clock.ts';
import { listen } from '../runtime/listen.ts';
import type { TestCertificate } from './certificate.ts';
import { Http2Connection } from './http2-connection.ts';
import type { FaultQueue, WireFault } from './wire-faults.ts';

export type ServedRequest = {
  method: string;
  path: string;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  /** Names in the order they came, repeated ones included. */
  headerNames: string[];
  body: Buffer;
};

export type ServedAnswer = { status: number; headers: Record<string, string>; body?: string | undefined };

type Context = { connection: Http2Connection; stream: ServerHttp2Stream; request: ServedRequest };

/** More than any valid body, less than a nuisance. */
const maxBodyBytes = 16_384;

export class FaultyHttp2Server implements AsyncDisposable {
  /** A graceful GOAWAY after so many requests on each connection. */
  goawayEvery = Number.POSITIVE_INFINITY;
  readonly #clock: Clock;
  readonly #faults: FaultQueue;
  readonly #serve: (request: ServedRequest, connection: Http2Connection) => ServedAnswer;
  readonly #connections = new Set<Http2Connection>();
  readonly #server: Http2SecureServer;

  constructor(options: {
    certificate: TestCertificate;
    /** Concurrent streams that a new connection is allowed. */
    streamLimit: number;
    clock: Clock;
    faults: FaultQueue;
    /** Judges a request; whatever effect it has, it has here, even where a fault keeps the answer back. */
    serve: (request: ServedRequest, connection: Http2Connection) => ServedAnswer;
  }) {
    this.#clock = options.clock;
    this.#faults = options.faults;
    this.#serve = options.serve;
    this.#server = this.#createServer(options.certificate, options.streamLimit);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** On loopback; 0 takes any free port. */
  async listen(port: number): Promise<void> {
    await listen(this.#server, { host: '127.0.0.1', port });
  }

  /** On every connection. */
  goAway(fault: { code: number; debug?: string | undefined }): void {
    for (const connection of this.#connections) connection.goAway(fault);
  }

  dropConnections(): void {
    for (const connection of this.#connections) connection.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  #createServer({ certPem, keyPem }: TestCertificate, maxConcurrentStreams: number): Http2SecureServer {
    const sockets = new Map<number | undefined, Socket>();
    const server = createSecureServer({
      cert: certPem,
      key: keyPem,
      minVersion: 'TLSv1.2',
      settings: { maxConcurrentStreams },
    });
    server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      sockets.set(remotePort, socket);
      socket.on('error', ignore).on('close', () => sockets.delete(remotePort));
    });
    server.on('session', session => {
      const socket = sockets.get(session.socket.remotePort);
      const connection = new Http2Connection({ session, socket });
      this.#connections.add(connection);
      session.on('error', ignore).on('close', () => this.#connections.delete(connection));
      session.on('stream', (stream, headers, _flags, rawHeaders) =>
        this.#readRequest({ connection, stream }, headers, rawHeaders),
      );
    });
    server.on('sessionError', ignore).on('tlsClientError', ignore);
    return server;
  }

  #readRequest(
    { connection, stream }: Omit<Context, 'request'>,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('error', ignore);
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
    });
    stream.on('end', () => {
      const request: ServedRequest = {
        method: String(headers[':method']),
        path: String(headers[':path']),
        headers,
        headerNames: rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase()),
        body: Buffer.concat(chunks),
      };
      if (stream.destroyed || !connection.takes(stream.id ?? 0)) return;
      this.#process({ connection, stream, request }, this.#faults.take());
    });
  }

  #process(context: Context, fault: WireFault | undefined): void {
    const { connection, stream } = context;
    if (stream.destroyed || !connection.takes(stream.id ?? 0)) return;
    switch (fault?.kind) {
      case undefined:
        respond(stream, this.#take(context));
        if (connection.processed % this.goawayEvery === 0) connection.goAway({ code: 0 });
        return;
      case 'answer':
        connection.markProcessed(stream.id ?? 0);
        respond(stream, fault);
        return;
      case 'slow':
        this.#clock.after(fault.delayMs, () => this.#process(context, undefined));
        return;
      case 'stall':
        if (fault.accept) this.#take(context);
        return;
      case 'drop':
        if (fault.accept) this.#take(context);
        connection.drop();
        return;
      case 'reset':
        if (fault.accept) this.#take(context);
        stream.close(fault.code);
        return;
      case 'goaway':
        if (fault.accept) respond(stream, this.#take(context));
        connection.goAway(fault);
        return;
    }
  }

  #take({ connection, stream, request }: Context): ServedAnswer {
    connection.markProcessed(stream.id ?? 0);
    return this.#serve(request, connection);
  }
}

function respond(stream: ServerHttp2Stream, { status, headers, body }: ServedAnswer): void {
  if (stream.destroyed) return;
  if (body === undefined) {
    stream.respond({ ':status': status, ...headers }, { endStream: true });
  } else {
    stream.respond({ ':status': status, 'content-type': 'application/json', ...headers });
    stream.end(body);
  }
}

function ignore(): void {}
