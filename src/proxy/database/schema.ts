// The proxy's tables. Times are ms since the epoch; secrets are sealed under the key file (runtime/secrets.ts).

/** One row (id = 1): this installation of the proxy. */
export type ProxyStateTable = {
  id: number;
  /** +1 at each start of the service; the fence that keeps a stalled older process from writing (R2, R3). */
  lease_epoch: number;
  /** Set when endings came in a burst: nothing ends by itself until an operator lifts the freeze. */
  endings_frozen_at: number | null;
};

/** One row (id = 1), made by the first `proxy enable`: whether, for whom and where to this proxy publishes. */
export type ProxyObjectTable = {
  id: number;
  guid: string;
  /** 0 or 1; disabled, it still watches and counts, and publishes nothing. */
  enabled: number;
  organization: string | null;
  uri: string | null;
  created_at: number;
  changed_at: number;
};

/** One row (id = 1): the relay that this proxy trusts, pinned from its metadata. */
export type RelayTrustTable = {
  id: number;
  relay_url: string;
  issuer: string;
  publish_audience: string;
  /** The whole metadata document, JSON. */
  metadata: string;
  organization: string | null;
  realm: string | null;
  application_id: string | null;
  connected_at: number | null;
  created_at: number;
  changed_at: number;
};

/** Authorization servers, each pinned from its metadata document; the default one gives the access tokens. */
export type AuthServerTable = {
  name: string;
  metadata_url: string;
  /** What the document is: 'relay' · 's2s' · 'oauth' */
  kind: string;
  issuer: string;
  /** A GUID; null where the server serves any. */
  realm: string | null;
  token_endpoint: string;
  /** JSON: the public keys that it signs with, as pinned. */
  signing_keys: string;
  /** 0 or 1; at most one row has 1. */
  is_default: number;
  created_at: number;
  changed_at: number;
  refreshed_at: number;
};

export type CertificateTable = {
  /** SHA-256 thumbprint, base64url: the `kid`. */
  id: string;
  /** SHA-1 thumbprint, 40 upper-case hexadecimal digits, as administrators know it. */
  thumbprint: string;
  subject: string;
  friendly_name: string;
  /** DER, base64. */
  certificate: string;
  /** PKCS #8 PEM, sealed. */
  sealed_private_key: string;
  not_before: number;
  not_after: number;
  /** 'current' · 'previous' · 'next' · null */
  role: string | null;
  effective_at: number | null;
  /** When the relay took it as a key credential; null until then. */
  registered_at: number | null;
  /** When the key credential ends at the relay. */
  credential_ends_at: number | null;
  created_at: number;
};

/** One row (id = 1) while the running proxy cannot renew, register or roll a certificate: why, and when it tries again. */
export type CertificateRotationTable = {
  id: number;
  failed_at: number;
  retry_at: number;
  error_code: string;
  error: string;
  hint: string;
};

export type MailboxTable = {
  /** The canonical name. */
  id: string;
  /** The name used to sign in at the mail server. */
  sign_in_name: string;
  /** The mailbox's own password, sealed, where the source needs it. */
  sealed_password: string | null;
  /** INBOX's unseen count; null until counted. */
  unseen: number | null;
  uid_validity: number | null;
  mod_seq: number | null;
  counted_at: number | null;
  last_event_at: number | null;
  /** What the last event was: 'event' · 'recount' · 'reconnect' … for `why`. */
  last_event_cause: string | null;
  /** 'watched' · 'unreachable' · 'refused' · 'gone' */
  state: string;
  state_detail: string | null;
  state_at: number;
  created_at: number;
};

export type SessionTable = {
  /** SHA-256 of the token, base64url. */
  token_hash: string;
  mailbox_id: string;
  installation_id: string;
  device_name: string | null;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ended_at: number | null;
  ended_reason: string | null;
  /** 'body' (a bearer token) · 'cookie' */
  sent_in: string;
  /** Of a cookie: SHA-256 of what all tokens that the session ever had begin with. */
  family_hash: string | null;
  /** The token before this one. */
  previous_token_hash: string | null;
  /** The token itself, sealed, from its making until it came back for the first time: an answer may be lost. */
  sealed_token: string | null;
  rotated_at: number | null;
  /** When the token that replaced `previous_token_hash` first came back. */
  rotation_used_at: number | null;
};

/** Device × app: the thing that shows one badge. */
export type IconTable = {
  id: string;
  app_id: string;
  installation_id: string;
  /** Unique, within an app, while the icon lives. */
  target_id: string;
  sealed_target: string;
  provider: string;
  presentation: string;
  p256dh: string | null;
  auth: string | null;
  /** Of the payload to a browser: 'worker' · 'declarative' */
  form: string;
  language: string;
  /** The keys that a native app made for previews; a browser's are `p256dh` and `auth`. */
  preview_p256dh: string | null;
  preview_auth: string | null;
  /** When the device last asked for a test of its badge. */
  tested_at: number | null;
  collapse_key: string;
  registered_at: number;
  /** The sum of its live subscriptions' counts; null until one is counted, and until then nothing is due. */
  wanted: number | null;
  /** +1 at each change of `wanted`; after a gap it leaps ahead (subscriptions/forget-badges.ts). */
  rev: number;
  /** 0 or 1: the last change of `wanted` made it smaller. */
  fell: number;
  /** The badge that the provider last accepted; null = unknown, which differs from everything (R1). */
  shown: number | null;
  /** What the provider last accepted, kept when `shown` becomes unknown: for `why`, and whether a push rings. */
  accepted_badge: number | null;
  /** When that was, and as what at the provider. */
  shown_at: number | null;
  provider_id: string | null;
  /** INTERNALDATE and UID of the newest message that an accepted badge came with: what is not later rings no more. */
  told_received_at: number | null;
  told_uid: number | null;
  /** At most one attempt (R2). The id is null while there is none; the other columns tell of the latest. */
  attempt_id: string | null;
  attempt_badge: number | null;
  attempt_rev: number | null;
  attempt_at: number | null;
  /** After it an attempt of unknown outcome is cleared: notAfter + 10 s, this host's clock (R4). */
  attempt_blocks_until: number | null;
  /** The epoch of the process that made the attempt. */
  lease_epoch: number;
  /** Not before this time, because a deferral said so. */
  retry_at: number;
  /** Not before this time, because pushes to one icon are coalesced. */
  hold_until: number;
  /** Theoretical arrival time of the icon's bucket (GCRA: 5 at once, one per 2 s). */
  bucket_at: number;
  /** When the same value is repeated once, since providers keep one push and promise no order. */
  repeat_at: number | null;
  /** The `rev` whose repetition was asked for: each value is repeated once. */
  repeated_rev: number | null;
  /** Deferrals in a row; the next delay grows with them. */
  deferrals: number;
  /** The last outcome that was not accepted, for `why`. */
  last_outcome: string | null;
  last_outcome_at: number | null;
  /** Trace of the event that last changed `wanted`, and when it was seen. */
  trace_id: string | null;
  changed_at: number;
  /** What the device itself last said that its icon shows. */
  reported_badge: number | null;
  reported_at: number | null;
  /** Set while the provider calls the target invalid: nothing is published until it registers again. */
  paused_at: number | null;
  paused_reason: string | null;
  /** Set when its last subscription ended: the icon lives until its final 0 is shown. */
  closing_at: number | null;
  ended_at: number | null;
  ended_reason: string | null;
};

/** Icon × mailbox. */
export type SubscriptionTable = {
  id: string;
  icon_id: string;
  mailbox_id: string;
  policy: string;
  /** What this subscription adds to the badge; null until counted. */
  count: number | null;
  /** 0 or 1 */
  previews: number;
  /** Policy since-viewed: what has a UID below `viewed_uid_next` was there when the inbox was last viewed. */
  viewed_uid_validity: number | null;
  viewed_uid_next: number | null;
  /** 0 or 1: only the device's word, until the mail server is looked at. */
  viewed_unverified: number;
  viewed_at: number | null;
  created_at: number;
  renewed_at: number;
  expires_at: number;
  ended_at: number | null;
  ended_reason: string | null;
};

/** The processes that serve this database, by host name; `seen_at` is renewed every ten seconds. */
export type NodeTable = {
  name: string;
  version: string;
  process_id: number;
  /** Where its console listens. */
  console_url: string | null;
  started_at: number;
  seen_at: number;
  stopped_at: number | null;
};

/** A check of the way to the relay: asked for by a command or the schedule, done by the node that it names. */
export type ProbeTable = {
  id: string;
  node: string;
  /** 'administrator' · 'schedule' */
  requested_by: string;
  /** Also through to this icon's device. */
  icon_id: string | null;
  requested_at: number;
  started_at: number | null;
  ended_at: number | null;
  /** 'Succeeded' · 'Failed' · 'TimedOut'; null until ended. */
  result_type: string | null;
  /** 'PushNotifications' · 'Networking' · 'Authentication' · 'Unknown' */
  failure_class: string | null;
  error: string | null;
  exception: string | null;
  remedy: string | null;
  /** JSON: what was done, in order, each with its milliseconds. */
  stages: string | null;
};

/** One-time links to the console, by SHA-256 of their token, base64url. */
export type ConsoleLinkTable = {
  token_hash: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
};

export type ConsoleSessionTable = {
  token_hash: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
};

export type ProxySchema = {
  proxy_state: ProxyStateTable;
  proxy_object: ProxyObjectTable;
  relay_trust: RelayTrustTable;
  auth_server: AuthServerTable;
  node: NodeTable;
  probe: ProbeTable;
  console_link: ConsoleLinkTable;
  console_session: ConsoleSessionTable;
  certificate: CertificateTable;
  certificate_rotation: CertificateRotationTable;
  mailbox: MailboxTable;
  session: SessionTable;
  icon: IconTable;
  subscription: SubscriptionTable;
};
