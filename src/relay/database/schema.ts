// The relay's tables. It keeps no record of a device: sealed targets live at the proxies.
// Times are ms since the epoch; booleans are 0 or 1; secrets are sealed (runtime/secrets.ts).

import type { Generated } from 'kysely';

export type OrganizationTable = {
  id: string;
  domain: string;
  realm: string;
  active: number;
  /** Raised to revoke all sealed targets of the organization. */
  seal_epoch: number;
  name: string | null;
  /** Whom the relay's operator writes to. */
  contact: string | null;
  /** 1: access tokens that the organization signed itself are taken, too. */
  direct_trust: Generated<number>;
  /** In place of the configured quota. */
  quota_per_second: number | null;
  /** What the domain's TXT record must say; null where an operator vouches for the organization. */
  domain_token: string | null;
  domain_proved_at: number | null;
  domain_checked_at: number | null;
  /** Since when the record is no longer there. */
  domain_missing_since: number | null;
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
  /** How it came: 'enrolment-code' · 'device-flow' · 'rotation' */
  registered_by: string | null;
  last_used_at: number | null;
  /** The proxy's version and address when it last asked for a token. */
  last_version: string | null;
  last_address: string | null;
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
  /** The only certificate that it is good for: approved in the device flow. */
  key_id: string | null;
  /** The administrator who approved. */
  approved_by: string | null;
};

/** A person who may sign in to the console. */
export type AdministratorTable = {
  id: string;
  /** Lower case. */
  email: string;
  /** 'operator' sees the whole relay; 'administrator' sees one organization. */
  role: string;
  organization_id: string | null;
  password_hash: string;
  sealed_totp_secret: string | null;
  /** Shown, and not yet confirmed by a code. */
  sealed_totp_offer: string | null;
  /** The last time step whose code was used (RFC 6238 §5.2: a code works once). */
  totp_last_step: number | null;
  created_at: number;
  password_changed_at: number;
  last_sign_in_at: number | null;
  disabled_at: number | null;
};

export type AdministratorSessionTable = {
  /** SHA-256 of the cookie's token, base64url. */
  token_hash: string;
  administrator_id: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  address: string;
  user_agent: string | null;
};

/** An organization that wants in, until its domain is proved. */
export type SignUpTable = {
  id: string;
  domain: string;
  name: string;
  contact: string;
  email: string;
  /** Empty once the administrator has it. */
  password_hash: string;
  domain_token: string;
  /** The network that it came from. */
  address: string;
  created_at: number;
  expires_at: number;
  completed_at: number | null;
};

/** RFC 8628: a proxy that waits for an administrator's approval of its certificate. */
export type DeviceAuthorizationTable = {
  /** SHA-256, base64url. */
  device_code_hash: string;
  /** Eight letters, without the hyphen. */
  user_code: string;
  organization_id: string;
  /** SHA-256 thumbprint of the certificate, base64url. */
  key_id: string;
  /** DER, base64. */
  certificate: string;
  proxy_version: string;
  address: string;
  created_at: number;
  expires_at: number;
  polled_at: number | null;
  interval_ms: number;
  /** 'approved' · 'denied'; null while nobody decided. */
  decision: string | null;
  decided_at: number | null;
  decided_by: string | null;
  redeemed_at: number | null;
};

/** Every administrative act, for good. */
export type AuditEntryTable = {
  id: Generated<number>;
  at: number;
  /** 'command' (on the relay's machine) · 'administrator' · 'proxy' · 'relay' */
  actor_kind: string;
  /** A user name, an e-mail address, a key id. */
  actor: string;
  organization_id: string | null;
  /** Stable, such as 'organization.deactivate'. */
  action: string;
  subject: string | null;
  /** JSON; no secrets. */
  detail: string | null;
  address: string | null;
};

/** An operator's word that devices reported gone are gone; a running relay takes up the new ones. */
export type TripwireLiftTable = {
  id: Generated<number>;
  organization_id: string;
  app_id: string;
  lifted_at: number;
};

/** Notifications by outcome in buckets of five minutes, kept for 30 days. */
export type TrafficTable = {
  bucket_at: number;
  /** '*': the sum of all organizations. */
  organization_id: string;
  /** These two are empty where the relay judged before it knew. */
  app_id: string;
  provider: string;
  /** 'accepted', or the reason of a rejection or deferral. */
  outcome: string;
  notifications: number;
};

/** The processes that serve this database, by host name; `seen_at` is renewed every ten seconds. */
export type NodeTable = {
  name: string;
  version: string;
  process_id: number;
  started_at: number;
  seen_at: number;
  stopped_at: number | null;
  /** JSON: the apps whose breaker is open in this process, and why. */
  apps_held_back: string;
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
  /** DER, base64: self-signed, for servers that take a token-signing key only in one. */
  certificate: string | null;
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
  administrator: AdministratorTable;
  administrator_session: AdministratorSessionTable;
  sign_up: SignUpTable;
  device_authorization: DeviceAuthorizationTable;
  audit_entry: AuditEntryTable;
  tripwire_lift: TripwireLiftTable;
  traffic: TrafficTable;
  node: NodeTable;
};
