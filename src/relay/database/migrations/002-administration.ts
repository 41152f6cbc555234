import { sql } from 'kysely';
import type { Migration } from '../../../database/migrator.ts';

const statements = [
  'ALTER TABLE organization ADD COLUMN name TEXT',
  'ALTER TABLE organization ADD COLUMN contact TEXT',
  'ALTER TABLE organization ADD COLUMN direct_trust INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE organization ADD COLUMN quota_per_second INTEGER',
  'ALTER TABLE organization ADD COLUMN domain_token TEXT',
  'ALTER TABLE organization ADD COLUMN domain_proved_at BIGINT',
  'ALTER TABLE organization ADD COLUMN domain_checked_at BIGINT',
  'ALTER TABLE organization ADD COLUMN domain_missing_since BIGINT',
  'ALTER TABLE key_credential ADD COLUMN registered_by TEXT',
  'ALTER TABLE key_credential ADD COLUMN last_version TEXT',
  'ALTER TABLE key_credential ADD COLUMN last_address TEXT',
  'ALTER TABLE enrolment_code ADD COLUMN key_id TEXT',
  'ALTER TABLE enrolment_code ADD COLUMN approved_by TEXT',
  'ALTER TABLE service_key ADD COLUMN certificate TEXT',
  `CREATE TABLE administrator (
     id TEXT PRIMARY KEY NOT NULL, email TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
     organization_id TEXT REFERENCES organization (id), password_hash TEXT NOT NULL, sealed_totp_secret TEXT,
     sealed_totp_offer TEXT, totp_last_step BIGINT, created_at BIGINT NOT NULL, password_changed_at BIGINT NOT NULL, last_sign_in_at BIGINT,
     disabled_at BIGINT,
     CHECK ((role = 'operator' AND organization_id IS NULL) OR (role = 'administrator' AND organization_id IS NOT NULL)))`,
  `CREATE TABLE administrator_session (
     token_hash TEXT PRIMARY KEY NOT NULL, administrator_id TEXT NOT NULL REFERENCES administrator (id),
     created_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, address TEXT NOT NULL,
     user_agent TEXT)`,
  'CREATE INDEX administrator_session_by_administrator ON administrator_session (administrator_id)',
  `CREATE TABLE sign_up (
     id TEXT PRIMARY KEY NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, contact TEXT NOT NULL, email TEXT NOT NULL,
     password_hash TEXT NOT NULL, domain_token TEXT NOT NULL, address TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
     completed_at BIGINT)`,
  'CREATE INDEX sign_up_by_expiry ON sign_up (expires_at)',
  `CREATE TABLE device_authorization (
     device_code_hash TEXT PRIMARY KEY NOT NULL, user_code TEXT NOT NULL UNIQUE, organization_id TEXT NOT NULL
       REFERENCES organization (id), key_id TEXT NOT NULL, certificate TEXT NOT NULL, proxy_version TEXT NOT NULL,
     address TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, polled_at BIGINT,
     interval_ms INTEGER NOT NULL, decision TEXT, decided_at BIGINT, decided_by TEXT, redeemed_at BIGINT)`,
  'CREATE INDEX device_authorization_by_expiry ON device_authorization (expires_at)',
  `CREATE TABLE audit_entry (
     id INTEGER PRIMARY KEY AUTOINCREMENT, at BIGINT NOT NULL, actor_kind TEXT NOT NULL, actor TEXT NOT NULL,
     organization_id TEXT, action TEXT NOT NULL, subject TEXT, detail TEXT, address TEXT)`,
  'CREATE INDEX audit_entry_by_organization ON audit_entry (organization_id, id)',
  `CREATE TABLE tripwire_lift (
     id INTEGER PRIMARY KEY AUTOINCREMENT, organization_id TEXT NOT NULL REFERENCES organization (id),
     app_id TEXT NOT NULL, lifted_at BIGINT NOT NULL)`,
  `CREATE TABLE traffic (
     bucket_at BIGINT NOT NULL, organization_id TEXT NOT NULL, app_id TEXT NOT NULL, provider TEXT NOT NULL,
     outcome TEXT NOT NULL, notifications INTEGER NOT NULL,
     PRIMARY KEY (organization_id, bucket_at, app_id, provider, outcome))`,
  'CREATE INDEX traffic_by_time ON traffic (bucket_at)',
  `CREATE TABLE node (
     name TEXT PRIMARY KEY NOT NULL, version TEXT NOT NULL, process_id INTEGER NOT NULL, started_at BIGINT NOT NULL,
     seen_at BIGINT NOT NULL, stopped_at BIGINT, apps_held_back TEXT NOT NULL)`,
];

export const administration: Migration = {
  name: '002-administration',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
