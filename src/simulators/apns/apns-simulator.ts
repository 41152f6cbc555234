// A strict stand-in for APNs: real HTTP/2 over TLS on loopback, production and sandbox as two addresses, refusing what
// Apple refuses, with devices that show what they got. Faults are injected by tests and by the control API.
// It keeps what it promises its clients: what it did not process, it never shows.

import type { Clock } from '../../runtime/clock.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';
import { createTestCertificate, type TestCertificate } from '../certificate.ts';
import { FaultyHttp2Server, type ServedAnswer, type ServedRequest } from '../faulty-http2-server.ts';
import type { Http2Connection } from '../http2-connection.ts';
import { FaultQueue } from '../wire-faults.ts';
import { checkRequest, type Verdict } from './checks.ts';
import { type DeviceEvent, type DeviceOptions, type Environment, SimulatedDevice } from './device.ts';
import { bodyOf, type Fault, faultSchema, type GoawayFault, toWireFault } from './faults.ts';
import {
  type ConnectionIdentity,
  createSigningKey,
  ProviderTokens,
  type SigningKey,
} from './provider-tokens.ts';
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

export class ApnsSimulator implements AsyncDisposable {
  readonly certificate: TestCertificate;
  readonly signingKey: SigningKey;
  streamLimit: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #host: string;
  readonly #devicePushesPerMinute: number;
  readonly #tokens: ProviderTokens;
  readonly #devices = new Map<string, SimulatedDevice>();
  readonly #recentPushes = new WeakMap<SimulatedDevice, number[]>();
  readonly #faults = new FaultQueue();
  /** Whom each connection's first valid token named. */
  readonly #identities = new WeakMap<Http2Connection, ConnectionIdentity>();
  readonly #listeners = new Set<(event: ApnsSimulatorEvent) => void>();
  readonly #servers: Record<Environment, FaultyHttp2Server>;

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
      await Promise.all([production.listen(options.port ?? 0), sandbox.listen(options.sandboxPort ?? 0)]);
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
    return this.#all.reduce((sum, server) => sum + server.connectionCount, 0);
  }

  /** A graceful GOAWAY after so many requests on each connection. */
  set goawayEvery(requests: number) {
    for (const server of this.#all) server.goawayEvery = requests;
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
    this.#faults.add(toWireFault(faultSchema.parse(fault)), times);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** On every connection. */
  goAway(fault: GoawayFault = { code: 0 }): void {
    for (const server of this.#all) server.goAway({ code: fault.code, debug: bodyOf(fault) });
  }

  dropConnections(): void {
    for (const server of this.#all) server.dropConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map(server => server[Symbol.asyncDispose]()));
  }

  get #all(): FaultyHttp2Server[] {
    return Object.values(this.#servers);
  }

  #url(environment: Environment): string {
    return `https://${this.#host}:${this.#servers[environment].port}`;
  }

  #createServer(environment: Environment): FaultyHttp2Server {
    return new FaultyHttp2Server({
      certificate: this.certificate,
      streamLimit: 1, // until the first valid provider token
      clock: this.#clock,
      faults: this.#faults,
      serve: (request, connection) => this.#serve(request, connection, environment),
    });
  }

  /** Judges the request and, if it is good, gives the push to the device. */
  #serve(request: ServedRequest, connection: Http2Connection, environment: Environment): ServedAnswer {
    const verdict = checkRequest(request, {
      clock: this.#clock,
      environment,
      identity: this.#identities.get(connection),
      tokens: this.#tokens,
      newId: () => this.#random.uuid(),
      findDevice: token => this.#devices.get(token),
      takeQuota: device => this.#takeQuota(device),
    });
    if (verdict.key !== undefined && !this.#identities.has(connection)) {
      this.#identities.set(connection, verdict.key);
      connection.allowStreams(this.streamLimit);
    }
    return verdict.accepted ? this.#accept(verdict, environment) : this.#refuse(verdict, request);
  }

  #accept({ device, push }: Extract<Verdict, { accepted: true }>, environment: Environment): ServedAnswer {
    const { apnsId, acceptedAt } = push;
    this.#emit({ type: 'accepted', at: acceptedAt, apnsId, device, badge: badgeOf(push.payload) });
    device.receive(push);
    const traceable = environment === 'sandbox' ? { 'apns-unique-id': this.#random.uuid() } : {};
    return { status: 200, headers: { 'apns-id': apnsId, ...traceable } };
  }

  #refuse(
    { reason, timestamp }: Extract<Verdict, { accepted: false }>,
    { headers }: ServedRequest,
  ): ServedAnswer {
    const sent = headers['apns-id'];
    const apnsId = typeof sent === 'string' ? sent : undefined;
    const status = refusals[reason];
    this.#emit({ type: 'refused', at: this.#clock.now(), apnsId, status, reason });
    return {
      status,
      headers: { 'apns-id': apnsId ?? this.#random.uuid() },
      body: bodyOf({ reason, timestamp }),
    };
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

function badgeOf(payload: unknown): number | undefined {
  const badge = (payload as { aps?: { badge?: unknown } } | undefined)?.aps?.badge;
  return typeof badge === 'number' ? badge : undefined;
}
