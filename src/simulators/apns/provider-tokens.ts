// Checks provider tokens as strictly as APNs does: signature, team, key, age, and how often they are renewed.
// One team and one key per connection.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { Environment } from './device.ts';
import type { RefusalReason } from './refusals.ts';

/** A signing key as Apple would issue it, and what it may be used for. */
export type SigningKey = {
  keyId: string;
  teamId: string;
  /** The .p8 file. */
  privateKeyPem: string;
  /** Undefined: any topic. */
  topics?: string[];
  /** Undefined: both. */
  environments?: Environment[];
};

/** The key that a connection's first valid token named. */
export type ConnectionIdentity = { keyId: string; teamId: string };

type Claims = { keyId: string; teamId: string; issuedAt: number };

const maxAgeSeconds = 3600;
const maxAheadSeconds = 60;
const minRenewalSeconds = 1200;
/** Verified tokens that are remembered: a signature costs more than everything else here. */
const maxVerified = 100;

const headerSchema = z.object({ alg: z.literal('ES256'), kid: z.string() });
const claimsSchema = z.object({ iss: z.string(), iat: z.number().int() });

export class ProviderTokens {
  readonly #clock: Clock;
  readonly #keys = new Map<
    string,
    { key: SigningKey; publicKey: KeyObject; newestIssuedAt: number | undefined }
  >();
  readonly #verified = new Map<string, Claims>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  add(key: SigningKey): void {
    const publicKey = createPublicKey(createPrivateKey(key.privateKeyPem));
    this.#keys.set(key.keyId, { key, publicKey, newestIssuedAt: undefined });
  }

  check(
    authorization: string | undefined,
    { identity, environment }: { identity: ConnectionIdentity | undefined; environment: Environment },
  ): { key: SigningKey } | { refused: RefusalReason } {
    if (authorization === undefined) return { refused: 'MissingProviderToken' };
    const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    const claims = token === undefined ? undefined : this.#verify(token);
    const known = claims === undefined ? undefined : this.#keys.get(claims.keyId);
    if (claims === undefined || known === undefined) return { refused: 'InvalidProviderToken' };

    const nowSeconds = this.#clock.now() / 1000;
    if (claims.issuedAt > nowSeconds + maxAheadSeconds) return { refused: 'InvalidProviderToken' };
    if (claims.issuedAt < nowSeconds - maxAgeSeconds) return { refused: 'ExpiredProviderToken' };
    if (identity !== undefined && identity.teamId !== claims.teamId)
      return { refused: 'InvalidProviderToken' };
    if (identity !== undefined && identity.keyId !== claims.keyId)
      return { refused: 'UnrelatedKeyIdInToken' };
    if (known.key.environments?.includes(environment) === false)
      return { refused: 'BadEnvironmentKeyIdInToken' };
    const newer = claims.issuedAt - (known.newestIssuedAt ?? Number.NEGATIVE_INFINITY);
    if (newer > 0 && newer < minRenewalSeconds) return { refused: 'TooManyProviderTokenUpdates' };
    if (newer > 0) known.newestIssuedAt = claims.issuedAt;
    return { key: known.key };
  }

  #verify(token: string): Claims | undefined {
    const before = this.#verified.get(token);
    if (before !== undefined) return before;
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { kid } = decode(headerSchema, header) ?? {};
    const claims = decode(claimsSchema, payload);
    const known = kid === undefined ? undefined : this.#keys.get(kid);
    if (claims === undefined || known === undefined || known.key.teamId !== claims.iss) return undefined;
    const valid = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: known.publicKey, dsaEncoding: 'ieee-p1363' }, // RFC 7518 §3.4
      Buffer.from(signature, 'base64url'),
    );
    if (!valid) return undefined;
    const verified = { keyId: known.key.keyId, teamId: claims.iss, issuedAt: claims.iat };
    if (this.#verified.size >= maxVerified) this.#verified.clear();
    this.#verified.set(token, verified);
    return verified;
  }
}

/** A new key, usable for every topic in both environments. */
export function createSigningKey({ keyId, teamId }: ConnectionIdentity): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { keyId, teamId, privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function decode<T>(schema: z.ZodType<T>, part: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
