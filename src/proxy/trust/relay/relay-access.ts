// The proxy's way to its relay, put together: who we are, the relay's clock, tokens, tickets, and the question about
// a sealed target. `reload` after another process changed the database; a change acts at once.

import type { Kysely } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Random } from '../../../runtime/random.ts';
import type { Secret, SecretBox } from '../../../runtime/secrets.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { CertificateStore, type RsaAlgorithm } from '../certificates/certificate-store.ts';
import { RelayCredentials } from '../enrolment/credentials.ts';
import { AccessTokens } from '../tokens/access-tokens.ts';
import { createDescribeTarget, type DescribeTarget } from './describe-target.ts';
import { RegistrationTickets } from './registration-ticket.ts';
import { RelayClock } from './relay-clock.ts';
import type { RelayFailure } from './relay-failure.ts';
import { RelayTrust } from './relay-trust.ts';

export class RelayAccess implements Disposable {
  readonly clock: Clock;
  readonly certificates: CertificateStore;
  readonly relayClock: RelayClock;
  readonly trust: RelayTrust;
  readonly tokens: AccessTokens;
  readonly tickets: RegistrationTickets;
  readonly credentials: RelayCredentials;
  readonly describeTarget: DescribeTarget;
  /** Access tokens are signed here: only the relay's answer tells whether it takes them. */
  readonly directTrust: boolean;
  #relayVersion: string | undefined;

  constructor(collaborators: {
    db: Kysely<ProxySchema>;
    secrets: SecretBox;
    http: HttpClient;
    clock: Clock;
    random: Random;
    logger: Logger;
    timeoutMs: number;
    rsaAlgorithm?: RsaAlgorithm;
    directTrust?: boolean;
  }) {
    const { clock, directTrust = false } = collaborators;
    const relayClock = new RelayClock({ clock });
    const certificates = new CertificateStore(collaborators);
    const trust = new RelayTrust({ ...collaborators, certificates, relayClock });
    const tokens = new AccessTokens({ ...collaborators, trust, relayClock, directTrust });
    this.directTrust = directTrust;
    this.clock = clock;
    this.certificates = certificates;
    this.relayClock = relayClock;
    this.trust = trust;
    this.tokens = tokens;
    this.tickets = new RegistrationTickets({ ...collaborators, trust, relayClock });
    this.credentials = new RelayCredentials({ ...collaborators, trust, tokens, relayClock });
    this.describeTarget = createDescribeTarget({ ...collaborators, trust, tokens });
  }

  /** Reads who we are and, when connected, begins to fetch a token; does not wait for the relay. */
  async start(): Promise<void> {
    await this.reload();
  }

  /** Cheap when nothing changed. */
  async reload(): Promise<void> {
    const change = await this.trust.reload();
    if (change === 'none') return;
    if (change === 'key') this.tokens.changeKey();
    else this.tokens.reset();
    if (this.trust.state.kind === 'connected' || this.trust.waitsForClock) void this.tokens.renew();
  }

  /** Where the relay is, and the token for it; or why it cannot be used now. Never rejects. */
  async authorize(): Promise<
    | { kind: 'authorized'; baseUrl: URL; accessToken: Secret; capabilities: readonly string[] }
    | { kind: 'failed'; failure: RelayFailure }
  > {
    const token = await this.tokens.get();
    if (token.kind === 'failed') return token;
    const { state } = this.trust;
    if (state.kind === 'failed') return state;
    const { baseUrl, pin } = state.connection;
    const { capabilities } = pin.metadata;
    return { kind: 'authorized', baseUrl, accessToken: token.accessToken, capabilities };
  }

  invalidate(accessToken: Secret): void {
    this.tokens.invalidate(accessToken);
  }

  /** The estimate of the relay's clock was wrong: forget it and ask. */
  measureClock(): void {
    this.relayClock.forget();
    void this.trust.refresh();
  }

  /** A relay that was updated may be able to do more, or demand more: its metadata tells. */
  relayVersionSeen(version: string): void {
    if (version === this.#relayVersion) return;
    this.#relayVersion = version;
    const { state } = this.trust;
    if (state.kind === 'connected' && state.connection.pin.metadata.version !== version)
      void this.trust.refresh();
  }

  [Symbol.dispose](): void {
    this.tokens[Symbol.dispose]();
  }
}
