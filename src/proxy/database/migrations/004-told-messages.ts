import { sql } from 'kysely';
import type { Migration } from '../../../database/migrator.ts';

const statements = [
  'ALTER TABLE icon ADD COLUMN told_received_at BIGINT',
  'ALTER TABLE icon ADD COLUMN told_uid BIGINT',
];

export const toldMessages: Migration = {
  name: '004-told-messages',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
