// The badges: who wants one, who cannot get one, and whether what changed was accepted; and how devices reach us.

import { type Kysely, sql } from 'kysely';
import type { ProxySchema } from '../../database/schema.ts';
import { readCounts } from '../listing/read-overview.ts';
import { outcomeReason } from '../why/reason-words.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { Examination } from './examination.ts';
import { utc } from './machine-checks.ts';

const day = 86_400_000;
/** A change this fresh need not be accepted yet. */
const patienceMs = 2 * 60_000;
/** The publisher clears an attempt within seconds of its time. */
const clearingMs = 60_000;

export function badgeChecks(examination: Examination): Check[] {
  const { config, clock, http } = examination;
  const rows = (): Kysely<ProxySchema> => examination.db.get();

  const devices: Check = {
    name: 'devices',
    needs: ['database'],
    run: async () => {
      const { subscriptions, icons } = await readCounts(rows(), clock.now());
      const { live, expiringSoon } = subscriptions;
      if (live === 0) return warning('no device has turned a badge on', 'sign in on a device with the app');
      const detail = `${icons.live} icons with ${live} subscriptions; ${expiringSoon} end within three days`;
      return expiringSoon * 2 > live
        ? warning(
            detail,
            'do the apps report that they are opened? look at "mailbadge proxy subscription list --expiring"',
          )
        : ok(detail);
    },
  };

  const paused: Check = {
    name: 'paused icons',
    needs: ['database'],
    run: async () => {
      const reasons = await rows()
        .selectFrom('icon')
        .select(['paused_reason', ({ fn }) => fn.countAll<number>().as('count')])
        .where('paused_at', 'is not', null)
        .where('ended_at', 'is', null)
        .groupBy('paused_reason')
        .orderBy('count', 'desc')
        .execute();
      const [most] = reasons;
      if (most === undefined) return ok('none');
      return warning(
        reasons.map(({ paused_reason, count }) => `${count} ${paused_reason}`).join(', '),
        outcomeReason(most.paused_reason ?? '').remedy ?? undefined,
      );
    },
  };

  const endings: Check = {
    name: 'endings',
    needs: ['database'],
    run: async () => {
      const { endingsFrozenAt } = await readCounts(rows(), clock.now());
      if (endingsFrozenAt === null) return ok('subscriptions end by themselves');
      return failed(
        `frozen since ${utc(endingsFrozenAt)}: too many subscriptions would have ended at once`,
        'find out why, then run "mailbadge proxy subscription thaw"',
      );
    },
  };

  const attempts: Check = {
    name: 'attempts',
    needs: ['proxy process'],
    run: async () => {
      const stuck = await rows()
        .selectFrom('icon')
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('attempt_at').as('since')])
        .where('attempt_id', 'is not', null)
        .where('attempt_blocks_until', '<', clock.now() - clearingMs)
        .executeTakeFirstOrThrow();
      if (Number(stuck.count) === 0) return ok('none is stuck');
      return failed(
        `${stuck.count} are stuck, the first since ${utc(stuck.since ?? 0)}`,
        'the publisher does not work: look into the proxy’s log, and start it again',
      );
    },
  };

  const acceptance: Check = {
    name: 'acceptance',
    needs: ['proxy process', 'access token', 'publishing'],
    run: async () => {
      const now = clock.now();
      const late = await rows()
        .selectFrom('icon')
        .select(['last_outcome', ({ fn }) => fn.countAll<number>().as('count')])
        .where('ended_at', 'is', null)
        .where('paused_at', 'is', null)
        .where('wanted', 'is not', null)
        .where('changed_at', '<', now - patienceMs)
        .where('hold_until', '<', now)
        .where(({ or, eb, ref }) => or([eb('shown', 'is', null), eb('shown', '<>', ref('wanted'))]))
        .groupBy('last_outcome')
        .orderBy('count', 'desc')
        .execute();
      const { accepted, changed } = await rows()
        .selectFrom('icon')
        .select(({ fn }) => [
          fn.max('shown_at').as('accepted'),
          sql<
            number | null
          >`SUM(changed_at > ${now - day} AND changed_at < ${now - patienceMs} AND wanted IS NOT NULL)`.as(
            'changed',
          ),
        ])
        .executeTakeFirstOrThrow();
      const last = accepted === null ? 'never' : `last at ${utc(accepted)}`;
      const [most] = late;
      const waiting = late
        .map(({ last_outcome, count }) => `${count} ${last_outcome ?? 'untried'}`)
        .join(', ');
      const remedy = outcomeReason(most?.last_outcome ?? '').remedy ?? 'see one: "mailbadge proxy why ICON"';
      if (Number(changed ?? 0) > 0 && (accepted ?? 0) < now - day) {
        return failed(
          `${changed} icons changed within a day, and a push service accepted nothing since: ${last}${waiting === '' ? '' : `; waiting: ${waiting}`}`,
          remedy,
        );
      }
      return most === undefined ? ok(last) : warning(`${last}; waiting: ${waiting}`, remedy);
    },
  };

  const deviceApi: Check = {
    name: 'device API',
    needs: ['listeners'],
    run: async signal => {
      const url = new URL('/openapi.json', config.public_url);
      const answer = await http.read(
        { method: 'GET', url, timeoutMs: 9000, signal },
        { maxBytes: 1_048_576 },
      );
      if (answer.kind !== 'answered') {
        return failed(
          `devices cannot reach ${config.public_url}: ${answer.detail}`,
          'look at the reverse proxy, its certificate and public_url; if only this machine cannot, let the name lead to the reverse proxy here, too',
        );
      }
      if (answer.status !== 200 || !answer.body.includes('"openapi"')) {
        return failed(
          `something else than this proxy answers at ${config.public_url} (HTTP ${answer.status})`,
          'lead public_url to the proxy’s listener for devices',
        );
      }
      if (url.protocol === 'http:') {
        return warning(
          `${config.public_url} answers, without TLS: passwords travel in the clear`,
          'use https; plain http is for demos and tests',
        );
      }
      return isLoopback(url.hostname)
        ? warning(
            `${config.public_url} answers, on this machine alone`,
            'set public_url to what devices call',
          )
        : ok(`${config.public_url} answers`);
    },
  };

  const apps: Check = {
    name: 'apps',
    needs: ['relay identity', 'database'],
    run: async () => {
      const known = new Set(examination.metadata.get().apps.map(({ id }) => id));
      const used = await rows()
        .selectFrom('icon')
        .select(['app_id', ({ fn }) => fn.countAll<number>().as('count')])
        .where('ended_at', 'is', null)
        .groupBy('app_id')
        .execute();
      const unknown = used.filter(({ app_id }) => !known.has(app_id));
      if (unknown.length === 0) return ok(used.map(({ app_id }) => app_id).join(', ') || 'none is used');
      return failed(
        `the relay does not know ${unknown.map(({ app_id, count }) => `${app_id} (${count} icons)`).join(', ')}`,
        'ask the relay’s operator to add the app',
      );
    },
  };

  return [devices, paused, endings, attempts, apps, acceptance, deviceApi];
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
