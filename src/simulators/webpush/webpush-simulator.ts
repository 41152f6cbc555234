// A strict stand-in for a Web Push service (RFC 8030): real TLS on loopback, refusing what real services refuse, with
// devices that show what they got. It decrypts for its own devices alone, as browsers do. Faults are injected by
// tests and by the control API.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';
import { createTestCertificate, type TestCertificate } from '../certificate.ts';
import { checkPush, maxBodyBytes, type PushRequest } from './checks.ts';
import { type DeviceEvent, type DeviceOptions, SimulatedWebDevice } from './device.ts';
import { type Fault, faultSchema, type ParsedFault } from './faults.ts';

export type WebPushSimulatorEvent =
  | { type: 'accepted'; at: number; messageId: string; device: SimulatedWebDevice; topic: string | undefined }
  | { type: 'refused'; at: number; status: number; errno: number; message: string }
  | DeviceEvent;

export type WebPushSimulatorOptions = {
  clock: Clock;
  random?: Random;
  /** The first of these names the simulator's endpoints; its certificate is valid for all. */
  hosts?: string[];
  /** 0 takes any free port. */
  port?: number;
  certificate?: TestCertificate;
};

type Answer = { status: number; headers?: Record<string, string>; body?: string };

export class WebPushSimulator implements AsyncDisposable {
  readonly certificate: TestCertificate;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #host: string;
  readonly #server: Server;
  readonly #devices = new Map<string, SimulatedWebDevice>();
  readonly #faults: ParsedFault[] = [];
  readonly #listeners = new Set<(event: WebPushSimulatorEvent) => void>();

  private constructor(options: WebPushSimulatorOptions, certificate: TestCertificate) {
    this.certificate = certificate;
    this.#clock = options.clock;
    this.#random = options.random ?? systemRandom;
    this.#host = options.hosts?.[0] ?? 'localhost';
    this.#server = createServer(
      { cert: certificate.certPem, key: certificate.keyPem, minVersion: 'TLSv1.2' },
      (request, response) => this.#read(request, response),
    );
  }

  /** Resolves when it listens (on loopback only). */
  static async start(options: WebPushSimulatorOptions): Promise<WebPushSimulator> {
    const hosts = options.hosts ?? ['localhost', '127.0.0.1'];
    const certificate = options.certificate ?? (await createTestCertificate({ hosts }));
    const simulator = new WebPushSimulator(options, certificate);
    await new Promise<void>((resolve, reject) => {
      simulator.#server.once('error', cause => {
        reject(
          new AppError('address-in-use', `cannot listen on 127.0.0.1:${options.port ?? 0}`, {
            hint: 'another program uses the port; choose another',
            cause,
          }),
        );
      });
      simulator.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return simulator;
  }

  /** What VAPID tokens must name as their audience. */
  get origin(): string {
    return `https://${this.hostAndPort}`;
  }

  /** As the relay's `dangerously_allow_push_hosts` names it. */
  get hostAndPort(): string {
    return `${this.#host}:${(this.#server.address() as AddressInfo).port}`;
  }

  get devices(): SimulatedWebDevice[] {
    return [...this.#devices.values()];
  }

  /** Faults that have not struck yet. */
  get pendingFaults(): number {
    return this.#faults.length;
  }

  /** As `PushManager.subscribe` in a new installation of a web app. */
  subscribe(
    options: Partial<DeviceOptions> & Pick<DeviceOptions, 'applicationServerKey'>,
  ): SimulatedWebDevice {
    const device = new SimulatedWebDevice({
      online: true,
      silentPushes: Number.POSITIVE_INFINITY,
      ...options,
      origin: this.origin,
      clock: this.#clock,
      random: this.#random,
      emit: event => this.#emit(event),
    });
    this.#devices.set(device.token, device);
    return device;
  }

  findDevice(token: string): SimulatedWebDevice | undefined {
    return this.#devices.get(token);
  }

  /** Calls back at everything that happens; returns how to stop that. */
  onEvent(listener: (event: WebPushSimulatorEvent) => void): () => void {
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

  /** Judges the request and, if it is good, gives the push to the device. */
  #take(request: PushRequest): Answer {
    const now = this.#clock.now();
    const verdict = checkPush(request, { origin: this.origin, now, find: token => this.#devices.get(token) });
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
    this.#emit({ type: 'accepted', at: now, messageId, device, topic });
    device.receive({ messageId, topic, expiresAt: now + ttlSeconds * 1000, body: request.body });
    const headers = {
      location: `${this.origin}/m/${messageId}`, // RFC 8030 §5
      ttl: String(ttlSeconds), // RFC 8030 §5.2
      ...(topic === undefined ? {} : { topic }),
    };
    return { status: 201, headers };
  }

  #emit(event: WebPushSimulatorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function respond(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  if (!response.destroyed) response.writeHead(status, headers).end(body);
}
