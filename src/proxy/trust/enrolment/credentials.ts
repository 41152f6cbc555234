// The key credentials that the relay holds for this proxy's organization: list them, add a certificate (so that the
// next one is known before it signs), remove one. With the access token of a credential that counts now; what is
// added proves that its private key is here.

import {
  type AddCredential,
  type CredentialDetail,
  credentialAnswerSchema,
  credentialListSchema,
  credentialsPath,
} from '../../../contract/credentials.ts';
import { proxyUserAgent } from '../../../contract/versions.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Random } from '../../../runtime/random.ts';
import type { OrganizationKey } from '../certificates/certificate-store.ts';
import type { RelayClock } from '../relay/relay-clock.ts';
import {
  malformedAnswer,
  networkFailure,
  parseJson,
  type RelayFailure,
  refusal,
} from '../relay/relay-failure.ts';
import type { RelayConnection, RelayTrust } from '../relay/relay-trust.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';
import { signPossessionProof } from './possession-proof.ts';

type Failed = { kind: 'failed'; failure: RelayFailure };
type Answered = { kind: 'answered'; status: number; json: unknown; url: URL };
type Session = { connection: RelayConnection; tokenKeyId: string };

const answerBytes = 1024 * 1024;

export class RelayCredentials {
  readonly #collaborators: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#collaborators = collaborators;
  }

  async list(): Promise<{ kind: 'listed'; credentials: CredentialDetail[] } | Failed> {
    const answer = await this.#call('GET', '', () => undefined);
    if (answer.kind === 'failed') return answer;
    const parsed = credentialListSchema.safeParse(answer.json);
    return parsed.success ? { kind: 'listed', credentials: parsed.data.credentials } : malformed(answer.url);
  }

  /** `added` is false when the relay had it already. */
  async add(
    key: OrganizationKey,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<{ kind: 'registered'; credential: CredentialDetail; added: boolean } | Failed> {
    const answer = await this.#call('POST', '', session => this.#addition(key, session), signal);
    if (answer.kind === 'failed') return answer;
    const parsed = credentialAnswerSchema.safeParse(answer.json);
    if (!parsed.success || parsed.data.credential.keyId !== key.certificate.id) return malformed(answer.url);
    return { kind: 'registered', credential: parsed.data.credential, added: answer.status === 201 };
  }

  /** For good: a removed certificate cannot be added again. */
  async remove(keyId: string): Promise<{ kind: 'removed' } | Failed> {
    const answer = await this.#call('DELETE', `/${encodeURIComponent(keyId)}`, () => undefined);
    return answer.kind === 'failed' ? answer : { kind: 'removed' };
  }

  async #addition(key: OrganizationKey, { connection, tokenKeyId }: Session): Promise<AddCredential> {
    const { relayClock, clock, random } = this.#collaborators;
    const { pin, enrolment } = connection;
    return {
      certificate: key.certificate.der.toString('base64'),
      proof: await signPossessionProof(key, {
        issuer: pin.issuer,
        claims: { realm: enrolment.realm, credential: tokenKeyId },
        now: relayClock.now() ?? clock.now(),
        random,
      }),
    };
  }

  async #call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    bodyFor: (session: Session) => Promise<AddCredential> | undefined,
    signal?: AbortSignal,
  ): Promise<Answered | Failed> {
    const { trust, tokens, http, timeoutMs } = this.#collaborators;
    const token = await tokens.get();
    if (token.kind === 'failed') return token;
    const { state } = trust;
    if (state.kind === 'failed') return state;
    const { connection } = state;
    const url = new URL(credentialsPath + path, connection.baseUrl);
    if (!connection.pin.metadata.capabilities.includes('credentials')) return tooOld(connection);
    const body = await bodyFor({ connection, tokenKeyId: token.keyId });
    const answer = await http.read(
      {
        method,
        url,
        headers: {
          accept: 'application/json',
          'user-agent': proxyUserAgent(),
          authorization: `Bearer ${token.accessToken.reveal()}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMs,
        signal,
      },
      { maxBytes: answerBytes },
    );
    if (answer.kind !== 'answered') return { kind: 'failed', failure: networkFailure(answer, url) };
    if (answer.status === 401) tokens.invalidate(token.accessToken);
    if (answer.status >= 300) return { kind: 'failed', failure: refusal(answer, url) };
    return { kind: 'answered', status: answer.status, json: parseJson(answer.body), url };
  }
}

type Collaborators = {
  trust: RelayTrust;
  tokens: AccessTokens;
  http: HttpClient;
  relayClock: RelayClock;
  clock: Clock;
  random: Random;
  timeoutMs: number;
};

function malformed(url: URL): Failed {
  return { kind: 'failed', failure: malformedAnswer(url, 'its answer about key credentials is malformed') };
}

function tooOld({ pin }: RelayConnection): Failed {
  return {
    kind: 'failed',
    failure: {
      code: 'capability-missing',
      message: `the relay (version ${pin.metadata.version}) does not let proxies look after their credentials`,
      hint: 'run "mailbadge proxy trust connect" to register a certificate; ask the relay’s operator to update it',
    },
  };
}
