import { sql } from 'kysely';
import type { Migration } from '../../../database/migrator.ts';

const statements = [
  "ALTER TABLE session ADD COLUMN sent_in TEXT NOT NULL DEFAULT 'body'",
  'ALTER TABLE session ADD COLUMN family_hash TEXT',
  'ALTER TABLE session ADD COLUMN previous_token_hash TEXT',
  'ALTER TABLE session ADD COLUMN sealed_token TEXT',
  'ALTER TABLE session ADD COLUMN rotated_at BIGINT',
  'ALTER TABLE session ADD COLUMN rotation_used_at BIGINT',
  'CREATE UNIQUE INDEX session_by_family ON session (family_hash) WHERE family_hash IS NOT NULL',
  "ALTER TABLE icon ADD COLUMN form TEXT NOT NULL DEFAULT 'worker'",
  "ALTER TABLE icon ADD COLUMN language TEXT NOT NULL DEFAULT 'en'",
  'ALTER TABLE icon ADD COLUMN preview_p256dh TEXT',
  'ALTER TABLE icon ADD COLUMN preview_auth TEXT',
  'ALTER TABLE icon ADD COLUMN tested_at BIGINT',
  'ALTER TABLE icon ADD COLUMN fell INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE subscription ADD COLUMN previews INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE subscription ADD COLUMN viewed_uid_validity BIGINT',
  'ALTER TABLE subscription ADD COLUMN viewed_uid_next BIGINT',
  'ALTER TABLE subscription ADD COLUMN viewed_unverified INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE subscription ADD COLUMN viewed_at BIGINT',
];

export const devices: Migration = {
  name: '003-devices',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
