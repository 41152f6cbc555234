import { sql } from 'kysely';
import type { Migration } from '../../../database/migrator.ts';

const statements = [
  `CREATE TABLE proxy_state (
     id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), lease_epoch INTEGER NOT NULL, endings_frozen_at BIGINT)`,
  'INSERT INTO proxy_state (id, lease_epoch) VALUES (1, 0)',
  `CREATE TABLE relay_trust (
     id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), relay_url TEXT NOT NULL, issuer TEXT NOT NULL,
     token_endpoint TEXT NOT NULL, publish_audience TEXT NOT NULL, metadata TEXT NOT NULL, organization TEXT, realm TEXT,
     application_id TEXT, connected_at BIGINT, created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL)`,
  `CREATE TABLE certificate (
     id TEXT PRIMARY KEY NOT NULL, thumbprint TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, friendly_name TEXT NOT NULL,
     certificate TEXT NOT NULL, sealed_private_key TEXT NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL,
     role TEXT UNIQUE, effective_at BIGINT, registered_at BIGINT, created_at BIGINT NOT NULL)`,
  `CREATE TABLE mailbox (
     id TEXT PRIMARY KEY NOT NULL, sign_in_name TEXT NOT NULL, sealed_password TEXT, unseen INTEGER, uid_validity BIGINT,
     mod_seq BIGINT, counted_at BIGINT, last_event_at BIGINT, last_event_cause TEXT, state TEXT NOT NULL,
     state_detail TEXT, state_at BIGINT NOT NULL, created_at BIGINT NOT NULL)`,
  `CREATE TABLE session (
     token_hash TEXT PRIMARY KEY NOT NULL, mailbox_id TEXT NOT NULL REFERENCES mailbox (id), installation_id TEXT NOT NULL,
     device_name TEXT, created_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
     ended_at BIGINT, ended_reason TEXT)`,
  'CREATE INDEX session_by_mailbox ON session (mailbox_id)',
  `CREATE TABLE icon (
     id TEXT PRIMARY KEY NOT NULL, app_id TEXT NOT NULL, installation_id TEXT NOT NULL, target_id TEXT NOT NULL,
     sealed_target TEXT NOT NULL, provider TEXT NOT NULL, presentation TEXT NOT NULL, p256dh TEXT, auth TEXT,
     collapse_key TEXT NOT NULL, registered_at BIGINT NOT NULL, wanted INTEGER, rev BIGINT NOT NULL, shown INTEGER,
     shown_at BIGINT, provider_id TEXT, attempt_id TEXT, attempt_badge INTEGER, attempt_rev BIGINT,
     attempt_at BIGINT, attempt_blocks_until BIGINT, lease_epoch INTEGER NOT NULL, retry_at BIGINT NOT NULL,
     hold_until BIGINT NOT NULL, bucket_at BIGINT NOT NULL, repeat_at BIGINT, repeated_rev BIGINT,
     deferrals INTEGER NOT NULL, last_outcome TEXT, last_outcome_at BIGINT,
     trace_id TEXT, changed_at BIGINT NOT NULL, paused_at BIGINT, paused_reason TEXT,
     closing_at BIGINT, ended_at BIGINT, ended_reason TEXT)`,
  'CREATE UNIQUE INDEX icon_by_target ON icon (app_id, target_id) WHERE ended_at IS NULL',
  // Not unique: an installation id is the device's word, and only the target is proven.
  'CREATE INDEX icon_by_installation ON icon (app_id, installation_id) WHERE ended_at IS NULL',
  // Without the icons that have none: a planner that could look those up here would scan them all.
  'CREATE UNIQUE INDEX icon_by_attempt ON icon (attempt_id) WHERE attempt_id IS NOT NULL',
  // Only icons that may be due are in this index: the publisher never scans the others.
  `CREATE INDEX icon_due ON icon (retry_at) WHERE attempt_id IS NULL AND paused_at IS NULL AND ended_at IS NULL
     AND wanted IS NOT NULL AND (shown IS NULL OR shown <> wanted)`,
  'CREATE INDEX icon_attempt ON icon (attempt_blocks_until) WHERE attempt_id IS NOT NULL',
  `CREATE INDEX icon_repeat ON icon (repeat_at) WHERE repeat_at IS NOT NULL AND attempt_id IS NULL AND paused_at IS NULL
     AND ended_at IS NULL`,
  'CREATE INDEX icon_closing ON icon (closing_at) WHERE closing_at IS NOT NULL AND ended_at IS NULL',
  'CREATE INDEX icon_ended ON icon (ended_at) WHERE ended_at IS NOT NULL',
  `CREATE TABLE subscription (
     id TEXT PRIMARY KEY NOT NULL, icon_id TEXT NOT NULL REFERENCES icon (id), mailbox_id TEXT NOT NULL REFERENCES mailbox (id),
     policy TEXT NOT NULL, count INTEGER, created_at BIGINT NOT NULL, renewed_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
     ended_at BIGINT, ended_reason TEXT)`,
  'CREATE UNIQUE INDEX subscription_by_icon ON subscription (icon_id, mailbox_id) WHERE ended_at IS NULL',
  'CREATE INDEX subscription_by_mailbox ON subscription (mailbox_id) WHERE ended_at IS NULL',
  'CREATE INDEX subscription_of_icon ON subscription (icon_id)',
  'CREATE INDEX subscription_ended ON subscription (ended_at) WHERE ended_at IS NOT NULL',
  'CREATE INDEX subscription_by_expiry ON subscription (expires_at) WHERE ended_at IS NULL',
];

export const init: Migration = {
  name: '001-init',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
