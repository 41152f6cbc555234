import type { Migration } from '../../database/migrator.ts';
import { init } from './migrations/001-init.ts';

/** In order; a released one is never edited. */
export const relayMigrations: readonly Migration[] = [init];
