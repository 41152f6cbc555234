import { sql } from 'kysely';
import type { Migration } from '../../../database/migrator.ts';

const statements = [
  // A proxy that publishes already goes on: before this, to be connected was to be enabled.
  `CREATE TABLE proxy_object (
     id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), guid TEXT NOT NULL, enabled INTEGER NOT NULL, organization TEXT,
     uri TEXT, created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL)`,
  `INSERT INTO proxy_object (id, guid, enabled, organization, uri, created_at, changed_at)
     SELECT 1, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' ||
       substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), 1, organization, relay_url, connected_at, connected_at
     FROM relay_trust WHERE connected_at IS NOT NULL`,
  `CREATE TABLE auth_server (
     name TEXT PRIMARY KEY NOT NULL, metadata_url TEXT NOT NULL, kind TEXT NOT NULL, issuer TEXT NOT NULL UNIQUE, realm TEXT,
     token_endpoint TEXT NOT NULL, signing_keys TEXT NOT NULL, is_default INTEGER NOT NULL,
     created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, refreshed_at BIGINT NOT NULL)`,
  'CREATE UNIQUE INDEX auth_server_default ON auth_server (is_default) WHERE is_default = 1',
  `INSERT INTO auth_server (name, metadata_url, kind, issuer, realm, token_endpoint, signing_keys, is_default, created_at,
       changed_at, refreshed_at)
     SELECT 'MailbadgeRelay', relay_url || '.well-known/mailbadge-relay', 'relay', issuer, realm, token_endpoint, '[]', 1,
       created_at, changed_at, changed_at FROM relay_trust`,
  'ALTER TABLE relay_trust DROP COLUMN token_endpoint',
  'ALTER TABLE certificate ADD COLUMN credential_ends_at BIGINT',
  `CREATE TABLE certificate_rotation (
     id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), failed_at BIGINT NOT NULL, retry_at BIGINT NOT NULL,
     error_code TEXT NOT NULL, error TEXT NOT NULL, hint TEXT NOT NULL)`,
  'ALTER TABLE icon ADD COLUMN reported_badge INTEGER',
  'ALTER TABLE icon ADD COLUMN reported_at BIGINT',
  'ALTER TABLE icon ADD COLUMN accepted_badge INTEGER',
  'UPDATE icon SET accepted_badge = shown',
  `CREATE TABLE node (
     name TEXT PRIMARY KEY NOT NULL, version TEXT NOT NULL, process_id INTEGER NOT NULL, console_url TEXT,
     started_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, stopped_at BIGINT)`,
  `CREATE TABLE probe (
     id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, requested_by TEXT NOT NULL, icon_id TEXT, requested_at BIGINT NOT NULL,
     started_at BIGINT, ended_at BIGINT, result_type TEXT, failure_class TEXT, error TEXT, exception TEXT, remedy TEXT,
     stages TEXT)`,
  'CREATE INDEX probe_by_time ON probe (requested_at)',
  `CREATE TABLE console_link (
     token_hash TEXT PRIMARY KEY NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT)`,
  `CREATE TABLE console_session (
     token_hash TEXT PRIMARY KEY NOT NULL, created_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL,
     expires_at BIGINT NOT NULL)`,
];

export const administration: Migration = {
  name: '002-administration',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
