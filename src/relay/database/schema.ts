// The relay's tables. It keeps no record of a device: sealed targets live at the proxies.
// Times are ms since the epoch; booleans are 0 or 1; secrets are sealed (runtime/secrets.ts).

export type OrganizationTable = {
  id: string;
  domain: string;
  realm: string;
  active: number;
  /** Raised to revoke all sealed targets of the organization. */
  seal_epoch: number;
  created_at: number;
  ended_at: number | null;
  ended_reason: string | null;
};

/** An organization's own OAuth client. */
export type ApplicationTable = {
  id: string;
  organization_id: string;
  created_at: number;
  ended_at: number | null;
  ended_reason: string | null;
};

export type KeyCredentialTable = {
  /** SHA-256 thumbprint of the certificate, base64url: the `kid`. */
  id: string;
  application_id: string;
  /** DER, base64. */
  certificate: string;
  /** JSON Web Key, public. */
  public_jwk: string;
  start_at: number;
  end_at: number;
  registered_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
  revoked_reason: string | null;
};

export type EnrolmentCodeTable = {
  /** SHA-256 of the normalized code, base64url. */
  code_hash: string;
  organization_id: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
};

/** Identifiers that may be used once: assertions, proofs, tickets, challenges. The primary key makes it atomic. */
export type UsedIdentifierTable = {
  purpose: string;
  id: string;
  expires_at: number;
};

/** The relay's own keys: seal ring, target-id key, token signing, VAPID. */
export type ServiceKeyTable = {
  id: string;
  /** 'seal' · 'target-id' · 'challenge' · 'token-signing' · 'vapid:<appId>' */
  purpose: string;
  sealed_key: string;
  /** JSON Web Key, public, where the key is asymmetric. */
  public_jwk: string | null;
  created_at: number;
  retired_at: number | null;
};

/** Devices that the operator refuses, by the id that one organization sees. */
export type DeniedTargetTable = {
  target_id: string;
  reason: string;
  created_at: number;
};

export type RelaySchema = {
  organization: OrganizationTable;
  application: ApplicationTable;
  key_credential: KeyCredentialTable;
  enrolment_code: EnrolmentCodeTable;
  used_identifier: UsedIdentifierTable;
  service_key: ServiceKeyTable;
  denied_target: DeniedTargetTable;
};
