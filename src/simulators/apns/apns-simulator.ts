// A strict stand-in for APNs: real HTTP/2 over TLS on loopback, production and sandbox as two addresses, refusing what
// Apple refuses, with devices that show what they got. Faults are injected by tests and by the control API.
// It keeps what it promises its clients: what it did not process, it never shows.

import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';
import { createTestCertificate, type TestCertificate } from '../certificate.ts';
import { type ApnsRequest, checkRequest, type Verdict } from './checks.ts';
import { ApnsConnection } from './connection.ts';
import { type DeviceEvent, type DeviceOptions, type Environment, SimulatedDevice } from './device.ts';
import { type Fault, faultSchema, type GoawayFault, type ParsedFault } from './faults.ts';
import { createSigningKey, ProviderTokens, type SigningKey } from './provider-tokens.ts';
import { type RefusalReason, refusals } from './refusals.ts';

export type ApnsSimulatorEvent =
  | { type: 'accepted'; at: number; apnsId: string; device: SimulatedDevice; badge: number | undefined }
  | { type: 'refused'; at: number; apnsId: string | undefined; status: number; reason: RefusalReason }
  | DeviceEvent;

export type ApnsSimulatorOptions = {
  clock: Clock;
  random?: Random;
  /** The first of these names the simulator's URLs; its certificate is valid for all. */
  hosts?: string[];
  /** 0 takes any free port. */
  port?: number;
  sandboxPort?: number;
  certificate?: TestCertificate;
  signingKey?: SigningKey;
  /** Concurrent streams after the first valid token; before it there is one. */
  streamLimit?: number;
  /** Pushes that a device may get in a minute before TooManyRequests. */
  devicePushesPerMinute?: number;
};

type Context = { connection: ApnsConnection; stream: ServerHttp2Stream; request: ApnsRequest };

/** More than any valid body, less than a nuisance. */
const maxBodyBytes = 16_384;

export class ApnsSimulator implements AsyncDisposable {
  readonly certificate: TestCertificate;
  readonly signingKey: SigningKey;
  /** A graceful GOAWAY after so many requests on each connection. */
  goawayEvery = Number.POSITIVE_INFINITY;
  streamLimit: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #host: string;
  readonly #devicePushesPerMinute: number;
  readonly #tokens: ProviderTokens;
  readonly #devices = new Map<string, SimulatedDevice>();
  readonly #recentPushes = new WeakMap<SimulatedDevice, number[]>();
  readonly #faults: ParsedFault[] = [];
  readonly #connections = new Set<ApnsConnection>();
  readonly #listeners = new Set<(event: ApnsSimulatorEvent) => void>();
  readonly #servers: Record<Environment, Http2SecureServer>;

  private constructor(options: ApnsSimulatorOptions, certificate: TestCertificate) {
    this.certificate = certificate;
    this.signingKey = options.signingKey ?? createSigningKey({ keyId: 'SIMULATED0', teamId: 'MAILBADGE0' });
    this.streamLimit = options.streamLimit ?? 1000;
    this.#clock = options.clock;
    this.#random = options.random ?? systemRandom;
    this.#host = options.hosts?.[0] ?? 'localhost';
    this.#devicePushesPerMinute = options.devicePushesPerMinute ?? Number.POSITIVE_INFINITY;
    this.#tokens = new ProviderTokens({ clock: options.clock });
    this.#tokens.add(this.signingKey);
    this.#servers = { production: this.#createServer('production'), sandbox: this.#createServer('sandbox') };
  }

  /** Resolves when both addresses listen (on loopback only). */
  static async start(options: ApnsSimulatorOptions): Promise<ApnsSimulator> {
    const hosts = options.hosts ?? ['localhost', '127.0.0.1'];
    const certificate = options.certificate ?? (await createTestCertificate({ hosts }));
    const simulator = new ApnsSimulator(options, certificate);
    const { production, sandbox } = simulator.#servers;
    try {
      await Promise.all([listen(production, options.port ?? 0), listen(sandbox, options.sandboxPort ?? 0)]);
    } catch (error) {
      await simulator[Symbol.asyncDispose]();
      throw error;
    }
    return simulator;
  }

  get productionUrl(): string {
    return this.#url('production');
  }

  get sandboxUrl(): string {
    return this.#url('sandbox');
  }

  get devices(): SimulatedDevice[] {
    return [...this.#devices.values()];
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Faults that have not struck yet. */
  get pendingFaults(): number {
    return this.#faults.length;
  }

  addKey(key: SigningKey): void {
    this.#tokens.add(key);
  }

  registerDevice(options: Partial<DeviceOptions> & { topic: string }): SimulatedDevice {
    const device = new SimulatedDevice({
      environment: 'production',
      badgePermission: true,
      online: true,
      ...options,
      token: options.token?.toLowerCase() ?? this.#random.bytes(32).toString('hex'),
      clock: this.#clock,
      emit: event => this.#emit(event),
    });
    this.#devices.set(device.token, device);
    return device;
  }

  findDevice(token: string): SimulatedDevice | undefined {
    return this.#devices.get(token.toLowerCase());
  }

  /** Calls back at everything that happens; returns how to stop that. */
  onEvent(listener: (event: ApnsSimulatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next `times` requests meet this fault, after those queued before. */
  inject(fault: Fault, { times = 1 }: { times?: number } = {}): void {
    const parsed = faultSchema.parse(fault);
    for (let count = 0; count < times; count += 1) this.#faults.push(parsed);
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  /** On every connection. */
  goAway(fault: GoawayFault = { code: 0 }): void {
    for (const connection of this.#connections) connection.goAway(fault);
  }

  dropConnections(): void {
    for (const connection of this.#connections) connection.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Object.values(this.#servers).map(
      server => new Promise<void>(resolve => server.close(() => resolve())),
    );
    this.dropConnections();
    await Promise.all(closed);
  }

  #url(environment: Environment): string {
    const { port } = this.#servers[environment].address() as AddressInfo;
    return `https://${this.#host}:${port}`;
  }

  #createServer(environment: Environment): Http2SecureServer {
    const sockets = new Map<number | undefined, Socket>();
    const server = createSecureServer({
      cert: this.certificate.certPem,
      key: this.certificate.keyPem,
      minVersion: 'TLSv1.2',
      settings: { maxConcurrentStreams: 1 }, // until the first valid provider token
    });
    server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      sockets.set(remotePort, socket);
      socket.on('error', ignore).on('close', () => sockets.delete(remotePort));
    });
    server.on('session', session => {
      const socket = sockets.get(session.socket.remotePort);
      const connection = new ApnsConnection({ environment, session, socket });
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
    headers: ApnsRequest['headers'],
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
      const request: ApnsRequest = {
        method: String(headers[':method']),
        path: String(headers[':path']),
        headers,
        headerNames: rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase()),
        body: Buffer.concat(chunks),
      };
      const fault = stream.destroyed || !connection.takes(stream.id ?? 0) ? undefined : this.#faults.shift();
      this.#process({ connection, stream, request }, fault);
    });
  }

  #process(context: Context, fault: ParsedFault | undefined): void {
    const { connection, stream } = context;
    if (stream.destroyed || !connection.takes(stream.id ?? 0)) return;
    switch (fault?.kind) {
      case undefined:
        this.#answer(stream, this.#take(context), context.request);
        if (connection.processed % this.goawayEvery === 0) connection.goAway({ code: 0 });
        return;
      case 'answer':
        connection.markProcessed(stream.id ?? 0);
        respond(stream, fault.status, fault.headers, bodyOf(fault));
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
        if (fault.accept) this.#answer(stream, this.#take(context), context.request);
        connection.goAway(fault);
        return;
    }
  }

  /** Judges the request and, if it is good, gives the push to the device. */
  #take({ connection, stream, request }: Context): Verdict {
    connection.markProcessed(stream.id ?? 0);
    const verdict = checkRequest(request, {
      clock: this.#clock,
      environment: connection.environment,
      identity: connection.identity,
      tokens: this.#tokens,
      newId: () => this.#random.uuid(),
      findDevice: token => this.#devices.get(token),
      takeQuota: device => this.#takeQuota(device),
    });
    if (verdict.key !== undefined) connection.authenticate(verdict.key, this.streamLimit);
    if (verdict.accepted) {
      const { device, push } = verdict;
      const badge = badgeOf(push.payload);
      this.#emit({ type: 'accepted', at: push.acceptedAt, apnsId: push.apnsId, device, badge });
      device.receive(push);
    }
    return verdict;
  }

  #answer(stream: ServerHttp2Stream, verdict: Verdict, request: ApnsRequest): void {
    const sent = request.headers['apns-id'];
    const apnsId = typeof sent === 'string' ? sent : undefined;
    if (verdict.accepted) {
      respond(stream, 200, { 'apns-id': verdict.push.apnsId }, undefined);
      return;
    }
    const { reason, timestamp } = verdict;
    const status = refusals[reason];
    this.#emit({ type: 'refused', at: this.#clock.now(), apnsId, status, reason });
    respond(stream, status, { 'apns-id': apnsId ?? this.#random.uuid() }, bodyOf({ reason, timestamp }));
  }

  #takeQuota(device: SimulatedDevice): boolean {
    if (this.#devicePushesPerMinute === Number.POSITIVE_INFINITY) return true;
    const now = this.#clock.now();
    const recent = (this.#recentPushes.get(device) ?? []).filter(at => at > now - 60_000);
    const allowed = recent.length < this.#devicePushesPerMinute;
    if (allowed) recent.push(now);
    this.#recentPushes.set(device, recent);
    return allowed;
  }

  #emit(event: ApnsSimulatorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function listen(server: Http2SecureServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
  });
}

function respond(
  stream: ServerHttp2Stream,
  status: number,
  headers: Record<string, string>,
  body: string | undefined,
): void {
  if (stream.destroyed) return;
  if (body === undefined) {
    stream.respond({ ':status': status, ...headers }, { endStream: true });
  } else {
    stream.respond({ ':status': status, 'content-type': 'application/json', ...headers });
    stream.end(body);
  }
}

function bodyOf(fields: { reason?: string | undefined; timestamp?: number | undefined }): string | undefined {
  if (fields.reason === undefined) return undefined;
  return JSON.stringify({ reason: fields.reason, timestamp: fields.timestamp });
}

function badgeOf(payload: unknown): number | undefined {
  const badge = (payload as { aps?: { badge?: unknown } } | undefined)?.aps?.badge;
  return typeof badge === 'number' ? badge : undefined;
}

function ignore(): void {}
