// A strict stand-in for a Web Push service (RFC 8030) with devices that show what they got. It decrypts for its own
// devices alone, as browsers do. Faults are injected by tests and by the control API.

import type { Clock } from '../../runtime/clock.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';
import type { TestCertificate } from '../certificate.ts';
import { type DeviceEvent, type DeviceOptions, SimulatedWebDevice } from './device.ts';
import type { Fault } from './faults.ts';
import { PushEndpoints, type PushEndpointsEvent, type PushEndpointsOptions } from './push-endpoints.ts';

export type WebPushSimulatorEvent = PushEndpointsEvent<SimulatedWebDevice> | DeviceEvent;

export type WebPushSimulatorOptions = Pick<
  PushEndpointsOptions,
  'clock' | 'random' | 'hosts' | 'port' | 'certificate'
>;

type Listeners = Set<(event: WebPushSimulatorEvent) => void>;

export class WebPushSimulator implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #endpoints: PushEndpoints<SimulatedWebDevice>;
  readonly #listeners: Listeners;

  private constructor(
    { clock, random = systemRandom }: WebPushSimulatorOptions,
    endpoints: PushEndpoints<SimulatedWebDevice>,
    listeners: Listeners,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#endpoints = endpoints;
    this.#listeners = listeners;
  }

  /** Resolves when it listens (on loopback only). */
  static async start(options: WebPushSimulatorOptions): Promise<WebPushSimulator> {
    const listeners: Listeners = new Set();
    const endpoints = await PushEndpoints.open<SimulatedWebDevice>(options, event => tell(listeners, event));
    return new WebPushSimulator(options, endpoints, listeners);
  }

  get certificate(): TestCertificate {
    return this.#endpoints.certificate;
  }

  /** What VAPID tokens must name as their audience. */
  get origin(): string {
    return this.#endpoints.origin;
  }

  /** As the relay's `dangerously_allow_push_hosts` names it. */
  get hostAndPort(): string {
    return this.#endpoints.hostAndPort;
  }

  get devices(): SimulatedWebDevice[] {
    return this.#endpoints.receivers;
  }

  /** Faults that have not struck yet. */
  get pendingFaults(): number {
    return this.#endpoints.pendingFaults;
  }

  /** As `PushManager.subscribe` in a new installation of a web app. */
  subscribe(
    options: Partial<DeviceOptions> & Pick<DeviceOptions, 'applicationServerKey'>,
  ): SimulatedWebDevice {
    return this.#endpoints.add(
      endpoint =>
        new SimulatedWebDevice({
          online: true,
          silentPushes: Number.POSITIVE_INFINITY,
          ...options,
          ...endpoint,
          clock: this.#clock,
          random: this.#random,
          emit: event => tell(this.#listeners, event),
        }),
    );
  }

  findDevice(token: string): SimulatedWebDevice | undefined {
    return this.#endpoints.find(token);
  }

  /** Calls back at everything that happens; returns how to stop that. */
  onEvent(listener: (event: WebPushSimulatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next `times` requests meet this fault, after those queued before. */
  inject(fault: Fault, options: { times?: number } = {}): void {
    this.#endpoints.inject(fault, options);
  }

  clearFaults(): void {
    this.#endpoints.clearFaults();
  }

  dropConnections(): void {
    this.#endpoints.dropConnections();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#endpoints[Symbol.asyncDispose]();
  }
}

function tell(listeners: Listeners, event: WebPushSimulatorEvent): void {
  for (const listener of listeners) listener(event);
}
