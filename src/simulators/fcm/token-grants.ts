// Google's token endpoint for one service account: the JWT bearer grant (RFC 7523), checked with node:crypto alone, since
// the relay signs with a library. It remembers what it gave out.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ServiceAccountKey } from './service-account-key.ts';

export type TokenRequest = { method: string; contentType: string | undefined; body: string };
export type TokenAnswer = { status: number; body: Record<string, unknown> };

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const lifetimeSeconds = 3599;
const maxAssertionSeconds = 3600;
const clockSkewSeconds = 300;

const headerSchema = z.object({ alg: z.literal('RS256'), kid: z.string(), typ: z.literal('JWT').optional() });
const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  scope: z.string().optional(),
  iat: z.number().int(),
  exp: z.number().int(),
});
type Claims = z.infer<typeof claimsSchema>;

export class TokenGrants {
  /** How many tokens were given out. */
  granted = 0;
  lifetimeSeconds = lifetimeSeconds;
  readonly #key: ServiceAccountKey;
  readonly #publicKey: KeyObject;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tokens = new Map<string, { scopes: string[]; endsAt: number }>();

  constructor({ key, clock, random }: { key: ServiceAccountKey; clock: Clock; random: Random }) {
    this.#key = key;
    this.#publicKey = createPublicKey(key.private_key);
    this.#clock = clock;
    this.#random = random;
  }

  answer({ method, contentType, body }: TokenRequest): TokenAnswer {
    if (method !== 'POST') return refuse('invalid_request', 'Method not allowed', 405);
    if (contentType?.startsWith('application/x-www-form-urlencoded') !== true) {
      return refuse('invalid_request', 'Missing parameter: grant_type');
    }
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== grantType) {
      return refuse('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type') ?? ''}`);
    }
    const claims = this.#verify(form.get('assertion') ?? '');
    if (claims === undefined) return refuse('invalid_grant', 'Invalid JWT Signature.');
    return this.#judge(claims) ?? this.#grant((claims.scope ?? '').split(' '));
  }

  /** What a token that was given out is good for; undefined once it ended. */
  scopesOf(token: string): readonly string[] | undefined {
    const known = this.#tokens.get(token);
    return known !== undefined && this.#clock.now() < known.endsAt ? known.scopes : undefined;
  }

  /** All that were given out are good for nothing any more. */
  revoke(): void {
    this.#tokens.clear();
  }

  #judge({ iss, aud, scope, iat, exp }: Claims): TokenAnswer | undefined {
    if (iss !== this.#key.client_email) return refuse('invalid_grant', 'Invalid grant: account not found');
    if (aud !== this.#key.token_uri) return refuse('invalid_grant', 'Invalid JWT: Failed audience check.');
    const now = this.#clock.now() / 1000;
    const inTime = iat <= now + clockSkewSeconds && exp > now - clockSkewSeconds && exp > iat;
    if (!inTime || exp - iat > maxAssertionSeconds) {
      return refuse(
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    if (scope === undefined || scope === '') {
      return refuse('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
    }
    return undefined;
  }

  #grant(scopes: string[]): TokenAnswer {
    const token = `ya29.c.${this.#random.bytes(48).toString('base64url')}`;
    this.#tokens.set(token, { scopes, endsAt: this.#clock.now() + this.lifetimeSeconds * 1000 });
    this.granted += 1;
    return {
      status: 200,
      body: { access_token: token, expires_in: this.lifetimeSeconds, token_type: 'Bearer' },
    };
  }

  #verify(assertion: string): Claims | undefined {
    const [header = '', claims = '', signature = '', ...more] = assertion.split('.');
    const { kid } = decode(headerSchema, header) ?? {};
    if (kid !== this.#key.private_key_id || more.length > 0) return undefined;
    const signed = Buffer.from(`${header}.${claims}`);
    // RFC 7518 §3.3: RSASSA-PKCS1-v1_5 with SHA-256
    const valid = verify('sha256', signed, this.#publicKey, Buffer.from(signature, 'base64url'));
    return valid ? decode(claimsSchema, claims) : undefined;
  }
}

function refuse(error: string, error_description: string, status = 400): TokenAnswer {
  return { status, body: { error, error_description } };
}

function decode<T>(schema: z.ZodType<T>, part: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
