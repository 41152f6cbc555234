// An authorization server that this proxy trusts (table `auth_server`): who it is, where its tokens come from and
// which keys it signs with, pinned from its metadata document. Nothing of a pin changes by itself but the keys.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { AuthServerTable } from '../../database/schema.ts';

/** The one that comes with the relay, made by `trust set-up`. */
export const relayAuthServer = 'MailbadgeRelay';

export type AuthServerKind = 'relay' | 'oauth' | 's2s';

const signingKeySchema = z.object({
  /** Of a certificate: SHA-1, 40 upper-case hexadecimal digits. Of a bare key: RFC 7638, base64url. */
  thumbprint: z.string(),
  /** The end of its certificate; null where there is none. */
  notAfter: z.number().nullable(),
  publicJwk: z.record(z.string(), z.unknown()),
});
export type SigningKey = z.infer<typeof signingKeySchema>;

/** What is pinned of a metadata document. */
export type AuthServerPin = {
  kind: AuthServerKind;
  issuer: string;
  /** A GUID; null where the server serves any. */
  realm: string | null;
  tokenEndpoint: string;
  signingKeys: SigningKey[];
};

export type AuthServer = AuthServerPin & {
  name: string;
  metadataUrl: string;
  isDefault: boolean;
  createdAt: number;
  changedAt: number;
  refreshedAt: number;
};

export function authServerOf(row: Selectable<AuthServerTable>): AuthServer {
  return {
    name: row.name,
    metadataUrl: row.metadata_url,
    kind: row.kind as AuthServerKind,
    issuer: row.issuer,
    realm: row.realm,
    tokenEndpoint: row.token_endpoint,
    signingKeys: z.array(signingKeySchema).parse(JSON.parse(row.signing_keys)),
    isDefault: row.is_default === 1,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    refreshedAt: row.refreshed_at,
  };
}

/** The pinned columns of a row. */
export function pinnedColumns({ kind, issuer, realm, tokenEndpoint, signingKeys }: AuthServerPin) {
  return {
    kind,
    issuer,
    realm,
    token_endpoint: tokenEndpoint,
    signing_keys: JSON.stringify(signingKeys),
  };
}

/** Whom an assertion for this server is made out to (RFC 7523 §3). */
export function assertionAudience({ kind, issuer, tokenEndpoint }: AuthServerPin): string {
  // The issuer of an S2S document is no URL: what stands for the server is the origin of its token endpoint.
  return kind === 's2s' ? new URL(tokenEndpoint).origin : issuer;
}
