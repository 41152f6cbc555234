// The authorization server: client credentials, proven by private_key_jwt (RFC 7523), answered with access tokens in
// JWT form (RFC 9068) for the publish API alone; and device codes (device-flow/). `oidc-provider` serves the token endpoint behind our
// guards (client-assertion.ts); metadata and keys are published by ourselves, since the library would also announce
// what it does not do here. Signing keys are rotated by putting a new provider in the place of the old one.

import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { JSONWebKeySet, JWK } from 'jose';
import type { Kysely } from 'kysely';
import type { Configuration, KoaContextWithOIDC, Provider as OidcProvider } from 'oidc-provider';
import { deviceCodeGrant } from '../../contract/device-flow.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import type { RequestHandler } from '../../runtime/http/listener.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvents } from '../events.ts';
import { type FindStanding, findStandingIn } from '../organizations/credential-index.ts';
import type { CredentialUses } from '../organizations/credential-uses.ts';
import { useOnce } from '../organizations/used-identifiers.ts';
import { assertRecentProxy } from '../recent-proxy.ts';
import type { ServiceKeys, SigningKey } from '../service-keys.ts';
import { createAdapter } from './client-adapter.ts';
import {
  type AssertionRefusal,
  assertionAlgorithms,
  badSignature,
  clockToleranceSeconds,
  judgeAssertion,
  replayed,
} from './client-assertion.ts';
import { createDeviceGrant } from './device-flow/device-grant.ts';
import { jwksPath, tokenPath } from './metadata.ts';
import { describable, toOAuthError } from './oauth-error.ts';
import { errors, Provider } from './oidc-provider.ts';
import { type SigningCertificate, signingCertificates } from './signing-certificates.ts';

export type AuthorizationServerParts = {
  issuer: string;
  /** The one resource (RFC 8707) that tokens are issued for. */
  audience: string;
  accessTokenLifetimeMs: number;
  minimumProxyVersion: string;
  db: Kysely<RelaySchema>;
  keys: ServiceKeys;
  uses: CredentialUses;
  addressOf: (request: IncomingMessage) => string;
  clock: Clock;
  random: Random;
  logger: Logger;
  events: RelayEvents;
};

export class AuthorizationServer {
  readonly #parts: AuthorizationServerParts;
  readonly #findStanding: FindStanding;
  readonly #deviceGrant: ReturnType<typeof createDeviceGrant>;
  #handle: RequestHandler = () => {};
  #jwks: JSONWebKeySet = { keys: [] };
  #certificates: SigningCertificate[] = [];

  private constructor(parts: AuthorizationServerParts) {
    this.#parts = parts;
    this.#findStanding = findStandingIn(parts.db);
    this.#deviceGrant = createDeviceGrant(parts);
  }

  static async open(parts: AuthorizationServerParts): Promise<AuthorizationServer> {
    const server = new AuthorizationServer(parts);
    await server.reload();
    return server;
  }

  /** Serves the token endpoint. */
  readonly handler: RequestHandler = (request, response) => this.#handle(request, response);

  /** The public keys, newest first; another object after each rotation. */
  get jwks(): JSONWebKeySet {
    return this.#jwks;
  }

  /** Of the public keys, in the same order. */
  get certificates(): readonly SigningCertificate[] {
    return this.#certificates;
  }

  /** Takes up the keys of the ring; swaps the provider when they are others than before. */
  async reload(): Promise<void> {
    const ring = await this.#parts.keys.signing('token-signing', 'RS256');
    const published = ring.filter(key => this.#mayStillVerify(key));
    const unchanged = published.map(key => key.id).join() === this.#jwks.keys.map(key => key.kid).join();
    if (unchanged) return;
    const certificates = await signingCertificates(this.#parts.db, published, this.#parts.issuer);
    const handle = this.#createProvider(published, certificates).callback();
    this.#handle = (request, response) => void handle(request, response);
    this.#certificates = certificates;
    this.#jwks = { keys: published.map(key => key.publicJwk) };
  }

  /** Signs with a new key from now on; the old one verifies until its last token has expired. */
  async rotateSigningKey(): Promise<void> {
    await this.#parts.keys.rotate('token-signing');
    await this.reload();
  }

  #mayStillVerify({ retiredAt }: SigningKey): boolean {
    const { accessTokenLifetimeMs, clock } = this.#parts;
    return retiredAt === null || clock.now() - retiredAt < 2 * accessTokenLifetimeMs;
  }

  #createProvider(ring: SigningKey[], certificates: SigningCertificate[]): OidcProvider {
    const { issuer, logger } = this.#parts;
    const provider = new Provider(issuer, this.#configuration(ring, certificates));
    this.#deviceGrant.register(provider);
    provider.silent = true; // Koa would print errors itself
    provider.on('server_error', (_context, error) => {
      logger.error({ error: describeError(error) }, 'the token endpoint failed');
    });
    (provider as EventEmitter).on('error', (error: unknown) => {
      logger.error({ error: describeError(error) }, 'the token endpoint failed');
    });
    provider.use((context, next) => this.#answer(context as KoaContextWithOIDC, next));
    return provider;
  }

  /** What stands around the library: the version check, and what it leaves unsaid in its refusals. */
  async #answer(context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    try {
      assertRecentProxy(context.get('user-agent'), this.#parts.minimumProxyVersion);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      context.status = error.status;
      context.body = toOAuthError(error);
      return;
    }
    await next();
    const body = context.body as { error?: string } | undefined;
    if (body?.error !== 'invalid_client' || isDeviceGrant(context)) return;
    const { client } = context.oidc;
    const refusal = await this.#explain(context);
    const known = client === undefined ? {} : { applicationId: client.clientId };
    this.#parts.events.record({ kind: 'token-refused', reason: refusal.code, ...known });
    // RFC 6749 §5.2 leaves the description to us; `code` is ours, as in every other error of this relay.
    context.body = {
      error: 'invalid_client',
      error_description: describable(`${refusal.description}; ${refusal.hint}`),
      code: refusal.code,
    };
  }

  #configuration(ring: SigningKey[], certificates: SigningCertificate[]): Configuration {
    const [signing] = certificates;
    if (signing === undefined) throw new Error('there is no key that signs tokens');
    const { issuer, audience, accessTokenLifetimeMs, db, clock } = this.#parts;
    const accessTokenTTL = Math.floor(accessTokenLifetimeMs / 1000);
    return {
      adapter: createAdapter({ db, clock }),
      jwks: {
        keys: ring.map(({ privateKey, publicJwk }) =>
          privateJwk(privateKey.export({ format: 'jwk' }), publicJwk),
        ),
      },
      routes: { token: tokenPath, jwks: jwksPath },
      responseTypes: [],
      scopes: [],
      clientAuthMethods: ['private_key_jwt', 'none'],
      clientDefaults: {
        grant_types: ['client_credentials'],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt',
      },
      enabledJWA: { clientAuthSigningAlgValues: assertionAlgorithms },
      clockTolerance: clockToleranceSeconds,
      cookies: { keys: ['unused: no endpoint of this server sets a cookie'] },
      ttl: { ClientCredentials: accessTokenTTL },
      features: {
        devInteractions: { enabled: false },
        userinfo: { enabled: false },
        rpInitiatedLogout: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => audience,
          getResourceServerInfo: (_context, resource) => {
            if (resource !== audience) throw new errors.InvalidTarget(`the only resource is ${audience}`);
            return {
              scope: '',
              audience,
              accessTokenTTL,
              accessTokenFormat: 'jwt',
              jwt: { sign: { alg: 'RS256', kid: signing.keyId } },
            };
          },
        },
      },
      assertJwtClientAuthClaimsAndHeader: context => this.#guard(context, issuer),
      formats: {
        customizers: {
          jwt: (_context, _token, jwt) => {
            jwt.header = { ...jwt.header, x5t: signing.x5t }; // for receivers that know no kid
          },
        },
      },
      extraTokenClaims: context => context.state['callerClaims'] as Record<string, string>,
      renderError: (context, out) => {
        context.body = out;
      },
    };
  }

  /** Runs once the library has verified the signature, and before it issues anything. */
  async #guard(context: KoaContextWithOIDC, issuer: string): Promise<void> {
    const { db, uses, addressOf, clock, events } = this.#parts;
    const now = clock.now();
    const judgement = await judgeAssertion(assertionOf(context) ?? '', {
      issuer,
      now,
      findStanding: this.#findStanding,
    });
    if (judgement.kind === 'refused') throw refused(context, judgement.refusal);
    const { standing, credentialId, clientId, jti, expiresAt } = judgement;
    const first = await useOnce(db, { purpose: 'assertion', id: `${clientId} ${jti}`, expiresAt });
    if (!first) throw refused(context, replayed);
    await uses.note(credentialId, {
      userAgent: context.get('user-agent'),
      address: addressOf(context.req),
    });
    // Who publishes comes from the client that proved itself, never from a request's body.
    context.state['callerClaims'] = {
      organization: standing.organizationId,
      realm: standing.realm,
      credential: credentialId,
    };
    events.record({ kind: 'token-issued', organizationId: standing.organizationId, credentialId });
  }

  async #explain(context: KoaContextWithOIDC): Promise<AssertionRefusal> {
    const known = context.state['refusal'] as AssertionRefusal | undefined;
    if (known !== undefined) return known;
    const judgement = await judgeAssertion(assertionOf(context) ?? '', {
      issuer: this.#parts.issuer,
      now: this.#parts.clock.now(),
      findStanding: this.#findStanding,
    });
    return judgement.kind === 'refused' ? judgement.refusal : badSignature;
  }
}

function assertionOf(context: KoaContextWithOIDC): string | undefined {
  const assertion = context.oidc.params?.['client_assertion'];
  return typeof assertion === 'string' ? assertion : undefined;
}

function isDeviceGrant(context: KoaContextWithOIDC): boolean {
  return context.oidc.params?.['grant_type'] === deviceCodeGrant;
}

function refused(context: KoaContextWithOIDC, refusal: AssertionRefusal): Error {
  context.state['refusal'] = refusal;
  return new errors.InvalidClientAuth(refusal.description);
}

function privateJwk(key: JsonWebKey, { kid, alg }: JWK): JWK {
  return { ...key, kid, alg, use: 'sig' } as JWK;
}
