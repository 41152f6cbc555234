import type { Migration } from '../../database/migrator.ts';
import { init } from './migrations/001-init.ts';
import { administration } from './migrations/002-administration.ts';
import { devices } from './migrations/003-devices.ts';
import { toldMessages } from './migrations/004-told-messages.ts';

/** In order; a released one is never edited. */
export const proxyMigrations: readonly Migration[] = [init, administration, devices, toldMessages];
