// Verifies access tokens (RFC 9068 §4) and tells whom they stand for. The signature is checked once per token; who
// the credential stands for is looked up each time, so that a revocation acts within seconds.

import { createHash } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Caller } from '../organizations/caller.ts';
import type { CredentialIndex } from '../organizations/credential-index.ts';

const rememberedTokens = 10_000;

type VerifiedToken = { credentialId: string; applicationId: string; expiresAt: number };

export class AccessTokenVerifier {
  readonly #issuer: string;
  readonly #audience: string;
  readonly #jwks: () => JSONWebKeySet;
  readonly #credentials: CredentialIndex;
  readonly #clock: Clock;
  /** By SHA-256 of the token, so that the cache holds nothing that could be used. */
  readonly #verified = new Map<string, VerifiedToken>();

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
  async callerOf(authorization: string | undefined): Promise<Caller> {
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1]; // RFC 6750 §2.1
    if (token === undefined) {
      throw new AppError('token-missing', 'the request carries no access token', {
        hint: 'send Authorization: Bearer with a token from the token endpoint',
      });
    }
    const id = createHash('sha256').update(token).digest('base64url');
    let verified = this.#verified.get(id);
    if (verified === undefined) {
      verified = await this.#verify(token);
      this.#remember(id, verified);
    }
    if (verified.expiresAt <= this.#clock.now()) {
      this.#verified.delete(id);
      throw tokenExpired();
    }
    return this.#credentials.callerOf(verified);
  }

  async #verify(token: string): Promise<VerifiedToken> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, createLocalJWKSet(this.#jwks()), {
        typ: 'at+jwt', // RFC 9068 §4: no other kind of JWT may stand in for an access token
        algorithms: ['RS256'],
        issuer: this.#issuer,
        audience: this.#audience,
        requiredClaims: ['exp', 'client_id', 'credential'],
        currentDate: new Date(this.#clock.now()),
      }));
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw tokenExpired();
      throw tokenInvalid(cause);
    }
    const { client_id: applicationId, credential: credentialId, exp } = payload;
    if (typeof applicationId !== 'string' || typeof credentialId !== 'string') throw tokenInvalid();
    return { applicationId, credentialId, expiresAt: (exp ?? 0) * 1000 };
  }

  #remember(id: string, token: VerifiedToken): void {
    this.#verified.set(id, token);
    if (this.#verified.size <= rememberedTokens) return;
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
  }
}

function tokenExpired(): AppError {
  return new AppError('token-expired', 'the access token has expired', {
    hint: 'get a new one from the token endpoint; if it is new, compare the clocks',
  });
}

function tokenInvalid(cause?: unknown): AppError {
  return new AppError('token-invalid', 'the access token is not one that this relay issued for this API', {
    hint: 'get one from the token endpoint that the relay’s metadata names',
    ...(cause === undefined ? {} : { cause }),
  });
}
