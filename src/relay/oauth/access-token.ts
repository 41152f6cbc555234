// Verifies access tokens and tells whom they stand for. The signature is checked once per token; everything that time
// or an administrator can change (access-token-judgement.ts) is judged for every request, so that a revocation acts
// within seconds.

import { hash } from 'node:crypto';
import {
  type CompactVerifyGetKey,
  compactVerify,
  createLocalJWKSet,
  importJWK,
  type JSONWebKeySet,
} from 'jose';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Caller } from '../organizations/caller.ts';
import type { CredentialIndex } from '../organizations/credential-index.ts';
import {
  credentialUnknown,
  judgeVerifiedToken,
  type ReadToken,
  readAccessToken,
  signatureInvalid,
  type TokenRefusal,
  type VerifiedToken,
} from './access-token-judgement.ts';

const rememberedTokens = 10_000;

export type Identified = {
  caller: Caller;
  /** The organization signed the token itself: no token request tells of the use of its key. */
  selfSigned: boolean;
};

export class AccessTokenVerifier {
  readonly #issuer: string;
  readonly #audience: string;
  readonly #jwks: () => JSONWebKeySet;
  readonly #credentials: CredentialIndex;
  readonly #clock: Clock;
  /** By SHA-256 of the token, so that the cache holds nothing that could be used. */
  readonly #verified = new Map<string, VerifiedToken>();
  #ring: { jwks: JSONWebKeySet; keys: CompactVerifyGetKey } | undefined;

  constructor(options: {
    issuer: string;
    audience: string;
    jwks: () => JSONWebKeySet;
    credentials: CredentialIndex;
    clock: Clock;
  }) {
    this.#issuer = options.issuer;
    this.#audience = options.audience;
    this.#jwks = options.jwks;
    this.#credentials = options.credentials;
    this.#clock = options.clock;
  }

  /** Takes the Authorization header; throws an AppError that says what is wrong with it. */
  async identify(authorization: string | undefined): Promise<Identified> {
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1]; // RFC 6750 §2.1
    if (token === undefined) {
      throw new AppError('token-missing', 'the request carries no access token', {
        hint: 'send Authorization: Bearer with a token from the token endpoint',
      });
    }
    const id = hash('sha256', token, 'base64url');
    const known = this.#verified.get(id);
    const verified = known ?? (await this.#verify(token));
    const { credentialId, claims } = verified;
    const standing = await this.#credentials.standingOf(credentialId);
    const refusal = judgeVerifiedToken(verified, standing, this.#clock.now());
    if (refusal !== undefined) {
      this.#verified.delete(id);
      throw refused(refusal);
    }
    if (standing === undefined) throw refused(credentialUnknown(credentialId));
    if (known === undefined) this.#remember(id, verified);
    const { organizationId, realm, sealEpoch } = standing;
    return {
      caller: { organizationId, realm, sealEpoch, applicationId: claims.client_id, credentialId },
      selfSigned: verified.profile === 'self-signed',
    };
  }

  async #verify(jwt: string): Promise<VerifiedToken> {
    const read = readAccessToken(jwt, { issuer: this.#issuer, audience: this.#audience });
    if (read.kind === 'refused') throw refused(read.refusal);
    const { profile, kid, claims } = read.token;
    const credentialId = profile === 'issued' ? claims.credential : kid;
    if (credentialId === undefined) {
      throw new AppError('token-invalid', 'the access token names no key credential', {
        hint: 'get one from the token endpoint that the relay’s metadata names',
      });
    }
    await this.#checkSignature(jwt, read.token);
    return { profile, credentialId, claims };
  }

  async #checkSignature(jwt: string, { profile, kid, alg, claims }: ReadToken): Promise<void> {
    const verify = async (key: CompactVerifyGetKey): Promise<void> => {
      try {
        await compactVerify(jwt, key, { algorithms: [alg] });
      } catch (cause) {
        throw refused(signatureInvalid, cause);
      }
    };
    if (profile === 'issued') return verify(this.#keys());
    const standing = await this.#credentials.standingOf(kid);
    if (standing === undefined || standing.applicationId !== claims.iss) {
      throw refused(credentialUnknown(kid));
    }
    return verify(async () => importJWK(standing.publicJwk, alg));
  }

  /** The relay's own keys, made ready once per rotation. */
  #keys(): CompactVerifyGetKey {
    const jwks = this.#jwks();
    if (this.#ring?.jwks !== jwks) this.#ring = { jwks, keys: createLocalJWKSet(jwks) };
    return this.#ring.keys;
  }

  #remember(id: string, token: VerifiedToken): void {
    this.#verified.set(id, token);
    if (this.#verified.size <= rememberedTokens) return;
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
  }
}

function refused({ code, message, hint }: TokenRefusal, cause?: unknown): AppError {
  return new AppError(code, message, { hint, ...(cause === undefined ? {} : { cause }) });
}
