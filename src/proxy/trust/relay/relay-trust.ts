// Who we are to whom, in memory: the pinned relay, our enrolment there and the current key, read from the database
// at start and again whenever another process changed it. `refresh` asks the relay for its metadata: that measures
// its clock, learns its capabilities, and finds out when it is not the relay that was pinned.

import type { Kysely } from 'kysely';
import type { RelayMetadata } from '../../../contract/relay-metadata.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError, describeError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { AuthServer } from '../auth-servers/auth-server.ts';
import type { CertificateStore, OrganizationKey } from '../certificates/certificate-store.ts';
import type { RelayClock } from './relay-clock.ts';
import { notConnected, type RelayFailure, relayFailureOf, synchronizeClock } from './relay-failure.ts';
import { fetchRelayMetadata } from './relay-metadata.ts';
import { type Enrolment, type RelayPin, readRelayPin, storeMetadata } from './relay-pin.ts';

export type RelayConnection = {
  /** Where its API is. */
  baseUrl: URL;
  pin: RelayPin;
  enrolment: Enrolment;
  key: OrganizationKey;
  /** Where access tokens come from. */
  authServer: AuthServer;
};

export type ConnectionState =
  | { kind: 'connected'; connection: RelayConnection }
  | { kind: 'failed'; failure: RelayFailure };

/** `key`: only the key that signs is another one. */
type TrustChange = 'none' | 'key' | 'relay';

/** What distinguishes one state from another; `key` is empty while there is no connection. */
type Fingerprint = { relay: string; key: string };

type Collaborators = {
  db: Kysely<ProxySchema>;
  certificates: CertificateStore;
  http: HttpClient;
  clock: Clock;
  relayClock: RelayClock;
  logger: Logger;
  timeoutMs: number;
};

export class RelayTrust {
  readonly #collaborators: Collaborators;
  #state: ConnectionState = { kind: 'failed', failure: notConnected };
  #fingerprint: Fingerprint = { relay: '', key: '' };
  /** The last metadata that was stored, without its time. */
  #storedMetadata = '';

  constructor(collaborators: Collaborators) {
    this.#collaborators = collaborators;
  }

  get state(): ConnectionState {
    const { clock, relayClock } = this.#collaborators;
    if (this.#state.kind === 'failed') return this.#state;
    const { notAfter, thumbprint } = this.#state.connection.key.certificate;
    if ((relayClock.now() ?? clock.now()) < notAfter) return this.#state;
    return {
      kind: 'failed',
      failure: {
        code: 'certificate-expired',
        message: `the certificate ${thumbprint} expired on ${new Date(notAfter).toISOString()}`,
        hint: 'run "mailbadge proxy trust set-up" to make a new one, then "mailbadge proxy trust connect"',
      },
    };
  }

  /** Reads the database again, and tells what is in force now that was not before. */
  async reload(): Promise<TrustChange> {
    const { db, certificates, logger } = this.#collaborators;
    let state: ConnectionState;
    let fault: AppError | undefined;
    const pin = await readRelayPin({ db });
    try {
      const key = await certificates.current();
      state = connectionState(pin, key);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      fault = error;
      state = { kind: 'failed', failure: relayFailureOf(error) };
    }
    const fingerprint = fingerprintOf(state, pin);
    const change = changeBetween(this.#fingerprint, fingerprint);
    if (change !== 'none' && fault !== undefined) {
      logger.error({ errorCode: fault.code, error: describeError(fault) }, 'the certificate cannot be used');
    }
    this.#state = state;
    this.#fingerprint = fingerprint;
    return change;
  }

  /** A machine often starts with a clock that is behind, and has it right a moment later: `refresh` looks again. */
  get waitsForClock(): boolean {
    return this.#state.kind === 'failed' && this.#state.failure.code === 'certificate-not-yet-valid';
  }

  /** Undefined when the relay is the pinned one and may be worked with. Never rejects. */
  async refresh(signal?: AbortSignal): Promise<RelayFailure | undefined> {
    const { http, relayClock, clock, timeoutMs } = this.#collaborators;
    if (this.waitsForClock) await this.#reloadOrKeep();
    const state = this.state;
    if (state.kind === 'failed') return state.failure;
    const { baseUrl, pin } = state.connection;
    const fetch = await fetchRelayMetadata(http, baseUrl, { timeoutMs, signal });
    if (fetch.kind === 'failed') return fetch.failure;
    relayClock.observe(fetch.metadata.relayTime);
    const changed = identityChange(pin, fetch.metadata);
    if (changed !== undefined) return changed;
    await this.#keepMetadata(state.connection, fetch.metadata);
    return relayClock.skewed ? skewFailure(relayClock.skewMs ?? 0, clock.now()) : undefined;
  }

  async #reloadOrKeep(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      this.#collaborators.logger.warn({ error: describeError(error) }, 'the certificate cannot be read');
    }
  }

  /** For the commands and for the next start; that it cannot be stored stops nothing. */
  async #keepMetadata(connection: RelayConnection, metadata: RelayMetadata): Promise<void> {
    connection.pin.metadata = metadata;
    const comparable = JSON.stringify({ ...metadata, relayTime: 0 });
    if (comparable === this.#storedMetadata) return;
    try {
      await storeMetadata(this.#collaborators, metadata);
      this.#storedMetadata = comparable;
    } catch (error) {
      this.#collaborators.logger.warn({ error: describeError(error) }, 'relay metadata cannot be stored');
    }
  }
}

function connectionState(pin: RelayPin | undefined, key: OrganizationKey | undefined): ConnectionState {
  if (pin?.enrolment === undefined || key === undefined) return { kind: 'failed', failure: notConnected };
  const { issuer, enrolment, authServer } = pin;
  if (authServer === undefined) return { kind: 'failed', failure: noAuthServer };
  return { kind: 'connected', connection: { baseUrl: new URL(issuer), pin, enrolment, key, authServer } };
}

function fingerprintOf(state: ConnectionState, pin: RelayPin | undefined): Fingerprint {
  const failure = state.kind === 'failed' ? state.failure.code : undefined;
  return {
    relay: JSON.stringify([
      failure,
      pin?.relayUrl,
      pin?.issuer,
      pin?.enrolment,
      pin?.authServer?.issuer,
      pin?.authServer?.tokenEndpoint,
    ]),
    key: state.kind === 'connected' ? state.connection.key.certificate.id : '',
  };
}

function changeBetween(before: Fingerprint, now: Fingerprint): TrustChange {
  if (before.relay !== now.relay) return 'relay';
  return before.key === now.key ? 'none' : 'key';
}

const noAuthServer: RelayFailure = {
  code: 'relay-not-connected',
  message: 'no authorization server is the default: access tokens come from nowhere',
  hint: 'run "mailbadge proxy trust set-up" again, or "mailbadge proxy trust auth-server set NAME --default"',
};

/** What was pinned decides where assertions and tokens go; a relay cannot move it from afar. */
export function identityChange(pin: RelayPin, metadata: RelayMetadata): RelayFailure | undefined {
  const differing = [
    ['issuer', pin.issuer, metadata.issuer],
    ['token endpoint', pin.relayServer?.tokenEndpoint, metadata.tokenEndpoint],
    ['audience', pin.publishAudience, metadata.publishAudience],
  ].find(([, pinned, now]) => pinned !== undefined && pinned !== now);
  if (differing === undefined) return undefined;
  const [name, pinned, now] = differing;
  return {
    code: 'relay-identity-changed',
    message: `the relay's ${name} is now ${now}, but ${pinned} is trusted`,
    hint: 'ask the relay’s operator; if the change is intended, run "mailbadge proxy trust set-up" again',
  };
}

export function skewFailure(skewMs: number, localNow: number): RelayFailure {
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  return {
    code: 'clock-skewed',
    message: `this machine's clock (${new Date(localNow).toISOString()}) is ${minutes} minutes ${skewMs > 0 ? 'ahead of' : 'behind'} the relay's`,
    hint: synchronizeClock,
  };
}
