// A strict stand-in for FCM HTTP v1 and for the token endpoint of a service account: real HTTP/2 and HTTPS over TLS on
// loopback, refusing what Google refuses, with phones that show what they got. Faults are injected by tests and by the
// control API.

import type { Clock } from '../../runtime/clock.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';
import { createTestCertificate, type TestCertificate } from '../certificate.ts';
import { FaultyHttp2Server, type ServedAnswer, type ServedRequest } from '../faulty-http2-server.ts';
import { FaultQueue } from '../wire-faults.ts';
import { checkRequest } from './checks.ts';
import { type DeviceEvent, type DeviceOptions, SimulatedAndroid } from './device.ts';
import { type Fault, faultSchema, toWireFault } from './faults.ts';
import { RateWindow } from './rate-window.ts';
import { answerOf, type Refusal } from './refusals.ts';
import { createServiceAccountKey, type ServiceAccountKey } from './service-account-key.ts';
import { TokenGrants } from './token-grants.ts';
import { TokenServer } from './token-server.ts';

export type FcmSimulatorEvent =
  | { type: 'accepted'; at: number; messageId: string; device: SimulatedAndroid; badge: number | undefined }
  | { type: 'refused'; at: number; code: Refusal['code'] }
  | DeviceEvent;

export type FcmSimulatorOptions = {
  clock: Clock;
  random?: Random;
  /** The first of these names the simulator's URLs; its certificate is valid for all. */
  hosts?: string[];
  /** 0 takes any free port. */
  port?: number;
  tokenPort?: number;
  certificate?: TestCertificate;
  projectId?: string;
  /** As Google's servers allow. */
  streamLimit?: number;
  /** As Google gives every project ("FCM throttling and quotas"). */
  projectMessagesPerMinute?: number;
  deviceMessagesPerMinute?: number;
};

const defaultHosts = ['localhost', '127.0.0.1'];

export class FcmSimulator implements AsyncDisposable {
  readonly certificate: TestCertificate;
  readonly projectId: string;
  /** The key file of the one service account that may send. */
  readonly serviceAccountKey: ServiceAccountKey;
  readonly tokens: TokenGrants;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #host: string;
  readonly #projectRate: RateWindow;
  readonly #deviceRates = new WeakMap<SimulatedAndroid, RateWindow>();
  readonly #deviceMessagesPerMinute: number;
  readonly #devices = new Map<string, SimulatedAndroid>();
  readonly #faults = new FaultQueue();
  readonly #listeners = new Set<(event: FcmSimulatorEvent) => void>();
  readonly #server: FaultyHttp2Server;
  readonly #tokenServer: TokenServer;

  private constructor(options: FcmSimulatorOptions, certificate: TestCertificate, tokenServer: TokenServer) {
    const { clock, random = systemRandom } = options;
    this.certificate = certificate;
    this.projectId = options.projectId ?? 'mailbadge-simulated';
    this.#clock = clock;
    this.#random = random;
    this.#host = options.hosts?.[0] ?? 'localhost';
    this.#tokenServer = tokenServer;
    const tokenUrl = `https://${this.#host}:${tokenServer.port}/token`;
    this.serviceAccountKey = createServiceAccountKey({ projectId: this.projectId, tokenUrl });
    this.tokens = new TokenGrants({ key: this.serviceAccountKey, clock, random });
    tokenServer.serve(request => this.tokens.answer(request));
    this.#projectRate = new RateWindow(clock, options.projectMessagesPerMinute ?? 600_000);
    this.#deviceMessagesPerMinute = options.deviceMessagesPerMinute ?? 240;
    this.#server = new FaultyHttp2Server({
      certificate,
      streamLimit: options.streamLimit ?? 100,
      clock,
      faults: this.#faults,
      serve: request => this.#serve(request),
    });
  }

  /** Resolves when both addresses listen (on loopback only). */
  static async start(options: FcmSimulatorOptions): Promise<FcmSimulator> {
    const certificate =
      options.certificate ?? (await createTestCertificate({ hosts: options.hosts ?? defaultHosts }));
    await using starting = new AsyncDisposableStack();
    const tokenServer = starting.use(await TokenServer.start({ certificate, port: options.tokenPort ?? 0 }));
    const simulator = new FcmSimulator(options, certificate, tokenServer);
    await simulator.#server.listen(options.port ?? 0);
    starting.move();
    return simulator;
  }

  get url(): string {
    return `https://${this.#host}:${this.#server.port}`;
  }

  get devices(): SimulatedAndroid[] {
    return [...this.#devices.values()];
  }

  get connectionCount(): number {
    return this.#server.connectionCount;
  }

  /** A graceful GOAWAY after so many requests on each connection. */
  set goawayEvery(requests: number) {
    this.#server.goawayEvery = requests;
  }

  /** Faults that have not struck yet. */
  get pendingFaults(): number {
    return this.#faults.length + this.#tokenServer.faults.length;
  }

  registerDevice(options: Partial<DeviceOptions> = {}): SimulatedAndroid {
    const device = new SimulatedAndroid({
      projectId: this.projectId,
      platform: 'android',
      notificationPermission: true,
      online: true,
      inFront: false,
      // the form that FirebaseMessaging gives: an installation's id, a colon, and what only Google reads
      token: `${this.#random.bytes(16).toString('base64url')}:APA91b${this.#random.bytes(99).toString('base64url')}`,
      ...options,
      clock: this.#clock,
      emit: event => this.#emit(event),
    });
    this.#devices.set(device.token, device);
    return device;
  }

  findDevice(token: string): SimulatedAndroid | undefined {
    return this.#devices.get(token);
  }

  /** Calls back at everything that happens; returns how to stop that. */
  onEvent(listener: (event: FcmSimulatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next `times` requests meet this fault, after those queued before. */
  inject(fault: Fault, { times = 1 }: { times?: number } = {}): void {
    const parsed = faultSchema.parse(fault);
    if (parsed.kind !== 'token') this.#faults.add(toWireFault(parsed), times);
    else for (let count = 0; count < times; count += 1) this.#tokenServer.faults.push(parsed);
  }

  clearFaults(): void {
    this.#faults.clear();
    this.#tokenServer.faults.length = 0;
  }

  /** On every connection. */
  goAway({ code }: { code: number } = { code: 0 }): void {
    this.#server.goAway({ code });
  }

  dropConnections(): void {
    this.#server.dropConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#server[Symbol.asyncDispose](), this.#tokenServer[Symbol.asyncDispose]()]);
  }

  /** Judges the request and, if it is good, gives the message to the device. */
  #serve(request: ServedRequest): ServedAnswer {
    const verdict = checkRequest(request, {
      projectId: this.projectId,
      scopesOf: token => this.tokens.scopesOf(token),
      findDevice: token => this.#devices.get(token),
      takeProjectQuota: () => this.#projectRate.take(),
      takeDeviceQuota: device => this.#rateOf(device).take(),
    });
    const now = this.#clock.now();
    if (!verdict.accepted) {
      this.#emit({ type: 'refused', at: now, code: verdict.refusal.code });
      return answerOf(verdict.refusal);
    }
    const { device, message } = verdict;
    const messageId = `0:${now * 1000}%${this.#random.bytes(8).toString('hex')}`;
    const badge = message.data['badge'];
    this.#emit({
      type: 'accepted',
      at: now,
      messageId,
      device,
      badge: badge === undefined ? undefined : Number(badge),
    });
    device.receive({ ...message, messageId, acceptedAt: now });
    const name = `projects/${this.projectId}/messages/${messageId}`;
    return { status: 200, headers: {}, body: JSON.stringify({ name }, null, 2) };
  }

  #rateOf(device: SimulatedAndroid): RateWindow {
    const known = this.#deviceRates.get(device) ?? new RateWindow(this.#clock, this.#deviceMessagesPerMinute);
    this.#deviceRates.set(device, known);
    return known;
  }

  #emit(event: FcmSimulatorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
