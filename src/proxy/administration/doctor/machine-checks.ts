// The machine itself: key file, database, disk, versions, the running process and its listeners. Nothing is made here: a
// doctor who made a new key file would hide that the old one is lost.

import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { version } from '../../../contract/versions.ts';
import { openDatabase } from '../../../database/database.ts';
import { openKeyFile } from '../../../runtime/secrets.ts';
import { proxyMigrations } from '../../database/migrations.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { listNodes } from '../../nodes/list-nodes.ts';
import { versionSkews } from '../version-skew.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { Examination } from './examination.ts';

const oldestNode = 24;
const megabyte = 1_048_576;
const littleRoom = 200 * megabyte;
const noRoom = 20 * megabyte;

export function machineChecks(examination: Examination): Check[] {
  const { config, clock, random, fetch, network, parts } = examination;

  const keyFile: Check = {
    name: 'key file',
    run: async () => {
      if (!existsSync(config.key_file)) {
        return failed(
          `${config.key_file} does not exist, or this user may not look`,
          'restore it from your backup, and run this command as the service user; only before the very first start there is none',
        );
      }
      const mode = statSync(config.key_file).mode & 0o777;
      examination.secrets.fill(openKeyFile(config.key_file, random)); // takes others' rights away
      if ((mode & 0o077) !== 0) {
        return warning(
          `${config.key_file} had mode 0${mode.toString(8)}, and has 0600 now`,
          'find out who could read it, and who wrote it so',
        );
      }
      return ok(`${config.key_file}, mode 0${mode.toString(8)}`);
    },
  };

  const database: Check = {
    name: 'database',
    run: async () => {
      const { path } = config.database;
      if (!existsSync(path)) {
        return failed(
          `${path} does not exist`,
          'start the proxy, which makes it; if it has run before, --config may name another configuration',
        );
      }
      const { db } = parts.use(openDatabase<ProxySchema>(config.database, { clock }));
      const applied = await sql<{ name: string }>`SELECT name FROM schema_migration`.execute(db);
      const names = applied.rows.map(({ name }) => name);
      const known = proxyMigrations.map(({ name }) => name);
      const newer = names.filter(name => !known.includes(name));
      if (newer.length > 0) {
        return failed(
          `a newer version has used ${path}: ${newer.join(', ')}`,
          'run this command with the version that serves',
        );
      }
      if (known.some(name => !names.includes(name))) {
        return failed(
          `${path} is of an older version`,
          'start the proxy of this version: it brings it up to date',
        );
      }
      await tryWriting(db);
      examination.db.fill(db);
      return ok(`${path}, schema ${names.at(-1)}`);
    },
  };

  const disk: Check = {
    name: 'disk',
    run: async () => {
      const folder = dirname(config.database.path);
      if (!existsSync(folder))
        return failed(`${folder} does not exist`, 'make it, owned by the service user');
      const { bavail, bsize } = await statfs(folder);
      const room = bavail * bsize;
      const detail = `${Math.floor(room / megabyte)} MB are free at ${folder}`;
      if (room < noRoom) return failed(detail, 'make room: nothing more can be stored');
      return room < littleRoom ? warning(detail, 'make room before the database stops') : ok(detail);
    },
  };

  const versions: Check = {
    name: 'versions',
    needs: ['database'],
    run: async () => {
      const major = Number(process.versions.node.split('.')[0]);
      if (major < oldestNode) {
        return failed(`Node.js ${process.versions.node}`, `install Node.js ${oldestNode} or newer`);
      }
      const [skew] = await versionSkews(examination.db.get(), clock);
      if (skew !== undefined) return warning(skew.message, skew.hint);
      return ok(`Mailbadge ${version}, Node.js ${process.versions.node}`);
    },
  };

  const running: Check = {
    name: 'proxy process',
    needs: ['database'],
    run: async () => {
      const nodes = await listNodes(examination.db.get(), clock);
      const alive = nodes.filter(({ state }) => state === 'running');
      if (alive.length > 0) {
        return ok(alive.map(({ name, processId }) => `${name}, process ${processId}`).join('; '));
      }
      const [last] = nodes.toSorted((a, b) => b.seenAt - a.seenAt);
      const since = last === undefined ? 'none was ever seen' : `the last one was seen ${utc(last.seenAt)}`;
      return failed(`no proxy runs on this database: ${since}`, 'start it: "mailbadge proxy serve"');
    },
  };

  const listeners: Check = {
    name: 'listeners',
    needs: ['proxy process'],
    run: async signal => {
      const { metrics, listen } = config;
      const hint =
        'is the proxy on this machine, and of this configuration? then start it again, and look into its log';
      if (listen.port !== 0) {
        try {
          await network.connect({ host: reachable(listen.host), port: listen.port }, signal);
        } catch {
          return failed(`nothing answers devices at ${listen.host}:${listen.port}`, hint);
        }
      }
      if (metrics.port === 0) return ok('devices are answered; the port of /health is any free one');
      const where = `http://${hostInUrl(reachable(metrics.host))}:${metrics.port}/health`;
      try {
        const answer = await fetch(where, { signal });
        const { faults = [] } = (await answer.json()) as { faults?: { code: string }[] };
        if (answer.ok) return ok(`${where} says that badges flow`);
        return warning(`${where} names ${faults.map(({ code }) => code).join(', ')}`);
      } catch {
        return failed(`nothing answers at ${where}`, hint);
      }
    },
  };

  return [keyFile, database, disk, versions, running, listeners];
}

/** In a transaction that is given up. */
async function tryWriting(db: Parameters<typeof listNodes>[0]): Promise<void> {
  const enough = new Error('enough');
  try {
    await db.transaction().execute(async transaction => {
      await sql`UPDATE proxy_state SET lease_epoch = lease_epoch`.execute(transaction);
      throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
}

/** Whoever listens on all addresses is reached on loopback. */
function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
