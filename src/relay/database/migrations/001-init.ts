import { sql } from 'kysely';
import type { Migration } from '../../../database/migrator.ts';

const statements = [
  `CREATE TABLE organization (
     id TEXT PRIMARY KEY NOT NULL, domain TEXT NOT NULL UNIQUE, realm TEXT NOT NULL UNIQUE, active INTEGER NOT NULL,
     seal_epoch INTEGER NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_reason TEXT)`,
  `CREATE TABLE application (
     id TEXT PRIMARY KEY NOT NULL, organization_id TEXT NOT NULL REFERENCES organization (id),
     created_at BIGINT NOT NULL, ended_at BIGINT, ended_reason TEXT)`,
  'CREATE INDEX application_by_organization ON application (organization_id)',
  `CREATE TABLE key_credential (
     id TEXT PRIMARY KEY NOT NULL, application_id TEXT NOT NULL REFERENCES application (id), certificate TEXT NOT NULL,
     public_jwk TEXT NOT NULL, start_at BIGINT NOT NULL, end_at BIGINT NOT NULL, registered_at BIGINT NOT NULL,
     last_used_at BIGINT, revoked_at BIGINT, revoked_reason TEXT)`,
  'CREATE INDEX key_credential_by_application ON key_credential (application_id)',
  `CREATE TABLE enrolment_code (
     code_hash TEXT PRIMARY KEY NOT NULL, organization_id TEXT NOT NULL REFERENCES organization (id),
     created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT)`,
  `CREATE TABLE used_identifier (
     purpose TEXT NOT NULL, id TEXT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (purpose, id))`,
  'CREATE INDEX used_identifier_by_expiry ON used_identifier (expires_at)',
  `CREATE TABLE service_key (
     id TEXT PRIMARY KEY NOT NULL, purpose TEXT NOT NULL, sealed_key TEXT NOT NULL, public_jwk TEXT,
     created_at BIGINT NOT NULL, retired_at BIGINT)`,
  'CREATE INDEX service_key_by_purpose ON service_key (purpose)',
  'CREATE TABLE denied_target (target_id TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL, created_at BIGINT NOT NULL)',
];

export const init: Migration = {
  name: '001-init',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
