import type { Migration } from '../../database/migrator.ts';
import { init } from './migrations/001-init.ts';
import { administration } from './migrations/002-administration.ts';

/** In order; a released one is never edited. */
export const relayMigrations: readonly Migration[] = [init, administration];
