// The sender's side of a Web Push service (RFC 8030): real TLS on loopback, refusing what real services refuse, with
// faults on demand. Who receives an accepted push is the owner's business: a simulated device, or a real browser.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { listen } from '../../runtime/listen.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';
import { createTestCertificate, type TestCertificate } from '../certificate.ts';
import { checkPush, maxBodyBytes, type PushRequest, type Registration } from './checks.ts';
import { type Fault, faultSchema, type ParsedFault } from './faults.ts';
import type { AcceptedPush } from './stored-pushes.ts';

/** One subscription, as its push service sees it. */
export type PushReceiver = Registration & {
  /** Hands the push over, keeps it, or drops it. */
  receive(push: AcceptedPush): void;
};

export type PushEndpointsEvent<R> =
  | {
      type: 'accepted';
      at: number;
      messageId: string;
      device: R;
      topic: string | undefined;
      body: Buffer;
    }
  | { type: 'refused'; at: number; status: number; errno: number; message: string };

export type PushEndpointsOptions = {
  clock: Clock;
  random?: Random;
  /** The first of these names the endpoints; the certificate is valid for all. */
  hosts?: string[];
  /** In place of the first host and the real port: senders are led here from a name that is not this machine's. */
  origin?: string;
  /** Before the token in an endpoint's path; the first is given to new ones. */
  prefixes?: readonly [string, ...string[]];
  /** 0 takes any free port. */
  port?: number;
  certificate?: TestCertificate;
};

type Answer = { status: number; headers?: Record<string, string>; body?: string };

export class PushEndpoints<R extends PushReceiver> implements AsyncDisposable {
  readonly certificate: TestCertificate;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #host: string;
  readonly #origin: string | undefined;
  readonly #prefixes: readonly [string, ...string[]];
  readonly #emit: (event: PushEndpointsEvent<R>) => void;
  readonly #server: Server;
  readonly #receivers = new Map<string, R>();
  readonly #faults: ParsedFault[] = [];

  private constructor(
    options: PushEndpointsOptions,
    certificate: TestCertificate,
    emit: (event: PushEndpointsEvent<R>) => void,
  ) {
    this.certificate = certificate;
    this.#clock = options.clock;
    this.#random = options.random ?? systemRandom;
    this.#host = options.hosts?.[0] ?? 'localhost';
    this.#origin = options.origin;
    this.#prefixes = options.prefixes ?? ['/wpush/v2/', '/wpush/v1/'];
    this.#emit = emit;
    this.#server = createServer(
      { cert: certificate.certPem, key: certificate.keyPem, minVersion: 'TLSv1.2' },
      (request, response) => this.#read(request, response),
    );
  }

  /** Resolves when it listens (on loopback only). `emit` is told everything that happens. */
  static async open<R extends PushReceiver>(
    options: PushEndpointsOptions,
    emit: (event: PushEndpointsEvent<R>) => void,
  ): Promise<PushEndpoints<R>> {
    const hosts = options.hosts ?? ['localhost', '127.0.0.1'];
    const certificate = options.certificate ?? (await createTestCertificate({ hosts }));
    const endpoints = new PushEndpoints<R>(options, certificate, emit);
    await listen(endpoints.#server, { host: '127.0.0.1', port: options.port ?? 0 });
    return endpoints;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What VAPID tokens must name as their audience. */
  get origin(): string {
    return this.#origin ?? `https://${this.hostAndPort}`;
  }

  /** As the relay's `dangerously_allow_push_hosts` names it. */
  get hostAndPort(): string {
    return `${this.#host}:${this.port}`;
  }

  get receivers(): R[] {
    return [...this.#receivers.values()];
  }

  /** Faults that have not struck yet. */
  get pendingFaults(): number {
    return this.#faults.length;
  }

  /** A new endpoint; whatever `make` makes of it gets its pushes. */
  add<M extends R>(make: (endpoint: { token: string; endpoint: string }) => M): M {
    const token = this.#random.bytes(24).toString('base64url');
    const receiver = make({ token, endpoint: `${this.origin}${this.#prefixes[0]}${token}` });
    this.#receivers.set(token, receiver);
    return receiver;
  }

  find(token: string): R | undefined {
    return this.#receivers.get(token);
  }

  /** The next `times` requests meet this fault, after those queued before. */
  inject(fault: Fault, { times = 1 }: { times?: number } = {}): void {
    const parsed = faultSchema.parse(fault);
    for (let count = 0; count < times; count += 1) this.#faults.push(parsed);
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  #read(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      if (bytes <= maxBodyBytes) chunks.push(chunk); // one chunk more than fits: enough to see that it is too much
      bytes += chunk.length;
    });
    request.once('end', () => {
      const { method = '', url = '', headers } = request;
      this.#process(
        { method, path: url, headers, body: Buffer.concat(chunks) },
        response,
        this.#faults.shift(),
      );
    });
  }

  #process(request: PushRequest, response: ServerResponse, fault: ParsedFault | undefined): void {
    switch (fault?.kind) {
      case undefined:
        respond(response, this.#take(request));
        return;
      case 'answer':
        respond(response, fault);
        return;
      case 'slow':
        this.#clock.after(fault.delayMs, () => this.#process(request, response, undefined), {
          background: true,
        });
        return;
      case 'stall':
        if (fault.accept) this.#take(request);
        return;
      case 'drop':
        if (fault.accept) this.#take(request);
        response.destroy();
        return;
    }
  }

  /** Judges the request and, if it is good, gives the push to its receiver. */
  #take(request: PushRequest): Answer {
    const now = this.#clock.now();
    const verdict = checkPush(request, {
      origin: this.origin,
      prefixes: this.#prefixes,
      now,
      find: token => this.#receivers.get(token),
    });
    if (!verdict.accepted) {
      const { status, errno, message } = verdict;
      this.#emit({ type: 'refused', at: now, status, errno, message });
      const headers = {
        'content-type': 'application/json',
        ...(status === 401 ? { 'www-authenticate': 'vapid' } : {}),
      };
      return { status, headers, body: JSON.stringify({ code: status, errno, message }) };
    }
    const { registration: device, ttlSeconds, topic } = verdict;
    const messageId = this.#random.uuid();
    const { body } = request;
    this.#emit({ type: 'accepted', at: now, messageId, device, topic, body });
    device.receive({ messageId, topic, expiresAt: now + ttlSeconds * 1000, body });
    const headers = {
      location: `${this.origin}/m/${messageId}`, // RFC 8030 §5
      ttl: String(ttlSeconds), // RFC 8030 §5.2
      ...(topic === undefined ? {} : { topic }),
    };
    return { status: 201, headers };
  }
}

function respond(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  if (!response.destroyed) response.writeHead(status, headers).end(body);
}
