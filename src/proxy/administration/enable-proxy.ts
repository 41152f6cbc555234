// `proxy enable` and `proxy disable`. Enabling overwrites only what is given and may be done any number of times;
// disabling keeps the settings, and every badge as it is. Everything is checked before anything is changed, and all
// that is missing is told at once. A relay that is away for the moment is a warning: publishing begins when it is back.

import type { Kysely } from 'kysely';
import { organizationDomainSchema } from '../../contract/identifiers.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import {
  disagreement,
  type ProxyObject,
  type ProxyObjectRow,
  proxyObjectOf,
  readProxyObjectRow,
} from '../publisher/proxy-object.ts';
import { checkPrerequisites } from '../trust/prerequisites.ts';
import type { RelayAccess } from '../trust/relay/relay-access.ts';
import { notConnected, type RelayFailure, relayFailureError } from '../trust/relay/relay-failure.ts';
import { parseRelayUrl } from '../trust/relay/relay-metadata.ts';
import { readRelayPin } from '../trust/relay/relay-pin.ts';

export type EnableRequest = { organization?: string | undefined; uri?: string | undefined };

type Collaborators = {
  db: Kysely<ProxySchema>;
  access: Pick<RelayAccess, 'reload' | 'authorize'>;
  clock: Clock;
  random: Random;
  hostName: string;
  /** `relay.dangerously_allow_http` */
  allowHttp: boolean;
};

export type Change = { property: 'Enabled' | 'Organization' | 'Uri'; from: string; to: string };

export type EnablePlan = {
  before: ProxyObject;
  /** As it would be. */
  after: ProxyObject;
  changes: Change[];
  /** What stands in the way. */
  missing: RelayFailure[];
  /** What does not, but means that no badge goes out for now. */
  warnings: RelayFailure[];
  row: ProxyObjectRow;
};

/** What enabling would change and what it lacks; changes nothing. Throws only for malformed arguments. */
export async function planEnable(request: EnableRequest, collaborators: Collaborators): Promise<EnablePlan> {
  const { db, clock, random, hostName, allowHttp } = collaborators;
  const given = parseRequest(request, { allowHttp });
  const stored = await readProxyObjectRow(db);
  const pin = await readRelayPin({ db });
  const now = clock.now();
  const settings = {
    organization: given.organization ?? stored?.organization ?? pin?.organization ?? null,
    uri: given.uri ?? stored?.uri ?? pin?.relayUrl ?? null,
  };
  const before = proxyObjectOf(stored, pin, { hostName });
  const changes = changesOf(before, { enabled: true, ...settings });
  const row: ProxyObjectRow = {
    guid: stored?.guid ?? random.uuid(),
    enabled: 1,
    ...settings,
    created_at: stored?.created_at ?? now,
    changed_at: changes.length === 0 ? (stored?.changed_at ?? now) : now,
  };
  const { missing, warnings } = await judgePrerequisites(settings, pin, collaborators);
  const after = proxyObjectOf(row, pin, { hostName });
  return { before, after, changes, missing, warnings, row };
}

/** Stores the plan. Throws, and changes nothing, when something is missing. */
export async function carryOut(
  { missing, changes, row }: EnablePlan,
  { db }: Pick<Collaborators, 'db'>,
): Promise<void> {
  await checkPrerequisites(
    missing.map(failure => () => {
      throw relayFailureError(failure);
    }),
  );
  if (changes.length === 0) return;
  const { guid: _, created_at: __, ...changed } = row;
  await db
    .insertInto('proxy_object')
    .values({ id: 1, ...row })
    .onConflict(conflict => conflict.column('id').doUpdateSet(changed))
    .execute();
}

/** Answers whether it was enabled. Organization and URI stay. */
export async function disableProxy({ db, clock }: Pick<Collaborators, 'db' | 'clock'>): Promise<boolean> {
  const result = await db
    .updateTable('proxy_object')
    .set({ enabled: 0, changed_at: clock.now() })
    .where('enabled', '=', 1)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

function parseRequest(
  { organization, uri }: EnableRequest,
  { allowHttp }: { allowHttp: boolean },
): { organization: string | undefined; uri: string | undefined } {
  const domain = organization === undefined ? undefined : organizationDomainSchema.safeParse(organization);
  if (domain?.success === false) {
    throw new AppError('domain-invalid', `"${organization}" is not an organization's domain`, {
      hint: 'give it as fabrikam.com',
    });
  }
  return {
    organization: domain?.data,
    uri: uri === undefined ? undefined : parseRelayUrl(uri, { allowHttp }).href,
  };
}

function changesOf(
  before: ProxyObject,
  after: { enabled: boolean; organization: string | null; uri: string | null },
): Change[] {
  const name = (value: string | null): string => value ?? '(none)';
  const truth = (value: boolean): string => (value ? 'True' : 'False');
  const all: Change[] = [
    { property: 'Enabled', from: truth(before.enabled), to: truth(after.enabled) },
    { property: 'Organization', from: name(before.organization), to: name(after.organization) },
    { property: 'Uri', from: name(before.uri), to: name(after.uri) },
  ];
  return all.filter(({ from, to }) => from !== to);
}

async function judgePrerequisites(
  { organization, uri }: { organization: string | null; uri: string | null },
  pin: Awaited<ReturnType<typeof readRelayPin>>,
  { access }: Pick<Collaborators, 'access'>,
): Promise<{ missing: RelayFailure[]; warnings: RelayFailure[] }> {
  if (pin === undefined || organization === null || uri === null) {
    return {
      missing: [
        {
          code: 'relay-not-connected',
          message: 'trust is not set up',
          hint: 'run "mailbadge proxy trust set-up" and then "mailbadge proxy trust connect"',
        },
      ],
      warnings: [],
    };
  }
  const missing: RelayFailure[] = [];
  const disagrees = disagreement({ organization, uri }, pin);
  if (disagrees !== undefined) missing.push({ code: 'trust-disagrees', ...disagrees });
  if (pin.enrolment === undefined) return { missing: [...missing, notConnected], warnings: [] };
  await access.reload();
  const authorized = await access.authorize();
  if (authorized.kind === 'authorized') return { missing, warnings: [] };
  return authorized.failure.code === 'relay-unreachable'
    ? { missing, warnings: [authorized.failure] }
    : { missing: [...missing, authorized.failure], warnings: [] };
}
