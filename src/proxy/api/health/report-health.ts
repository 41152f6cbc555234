// GET /health on the metrics listener: 200 while badges flow, 503 with every reason when they do not. For whoever
// watches; restarting the proxy mends none of these reasons.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { version } from '../../../contract/versions.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError, describeError } from '../../../runtime/errors.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { RelayFailure } from '../../trust/relay/relay-failure.ts';
import type { DeviceApp } from '../device-app.ts';

const faultSchema = z.object({
  part: z.enum(['database', 'relay', 'mail-server', 'subscriptions']),
  code: z.string(),
  detail: z.string(),
  hint: z.string().optional(),
});
export type Fault = z.infer<typeof faultSchema>;

const healthSchema = z.object({
  status: z.enum(['ok', 'failing']),
  version: z.string(),
  faults: z.array(faultSchema),
});

const route = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'reportHealth',
  summary: 'Whether badges flow, and if not, why',
  responses: {
    200: { description: 'They do', content: { 'application/json': { schema: healthSchema } } },
    503: { description: 'They do not', content: { 'application/json': { schema: healthSchema } } },
  },
});

/** Longer than this the relay may take to answer, but not whoever asks for our health. */
const relayAnswerMs = 2000;

const relayHint = 'run "mailbadge proxy doctor"; the proxy keeps trying';

export type HealthCollaborators = {
  db: Kysely<ProxySchema>;
  /** Why commands are not followed now, if so. */
  databaseFailure(): AppError | undefined;
  clock: Clock;
  /** Whether the relay would take a batch now. Never rejects. */
  authorize(): Promise<{ kind: 'authorized' } | { kind: 'failed'; failure: RelayFailure }>;
  /** Why the latest batch did not go through, if so: a token from before is no proof that the relay takes any. */
  lastBatchFailure(): { code: string; detail: string; hint?: string } | undefined;
};

export function addReportHealth(app: DeviceApp, collaborators: HealthCollaborators): void {
  app.openapi(route, async context => {
    const faults = await healthFaults(collaborators);
    return faults.length === 0
      ? context.json({ status: 'ok' as const, version, faults }, 200)
      : context.json({ status: 'failing' as const, version, faults }, 503);
  });
}

/** Every reason why badges do not flow; none while they do. */
export async function healthFaults(collaborators: HealthCollaborators): Promise<Fault[]> {
  return [...(await databaseFaults(collaborators)), ...(await relayFaults(collaborators))];
}

async function relayFaults({ clock, authorize, lastBatchFailure }: HealthCollaborators): Promise<Fault[]> {
  const waited = Promise.withResolvers<undefined>();
  const timer = clock.after(relayAnswerMs, () => waited.resolve(undefined), { background: true });
  const answer = await Promise.race([authorize(), waited.promise]);
  timer.cancel();
  if (answer === undefined) {
    return [
      { part: 'relay', code: 'relay-unreachable', detail: 'the relay has not answered yet', hint: relayHint },
    ];
  }
  if (answer.kind === 'authorized') {
    const failure = lastBatchFailure();
    return failure === undefined ? [] : [{ part: 'relay', hint: relayHint, ...failure }];
  }
  const { code, message, hint } = answer.failure;
  return [{ part: 'relay', code, detail: message, hint }];
}

async function databaseFaults({ db, databaseFailure }: HealthCollaborators): Promise<Fault[]> {
  try {
    const failure = databaseFailure();
    if (failure !== undefined) throw failure;
    return [...(await mailServerFaults(db)), ...(await endingFaults(db))];
  } catch (error) {
    const hint = error instanceof AppError ? error.hint : undefined;
    return [{ part: 'database', code: 'database-unavailable', detail: describeError(error), hint }];
  }
}

/** One mailbox that cannot be read is its own trouble; half of them are the mail server's. */
async function mailServerFaults(db: Kysely<ProxySchema>): Promise<Fault[]> {
  const rows = await db
    .selectFrom('mailbox')
    .select([
      'state',
      ({ fn }) => fn.countAll<number>().as('count'),
      ({ fn }) => fn.max('state_detail').as('detail'),
    ])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('subscription')
          .select('subscription.id')
          .whereRef('subscription.mailbox_id', '=', 'mailbox.id')
          .where('subscription.ended_at', 'is', null),
      ),
    )
    .groupBy('state')
    .execute();
  const total = rows.reduce((sum, row) => sum + Number(row.count), 0);
  return rows
    .filter(row => (row.state === 'unreachable' || row.state === 'refused') && Number(row.count) * 2 >= total)
    .map(row => ({
      part: 'mail-server',
      code: row.state === 'refused' ? 'mail-server-refused' : 'mail-server-unreachable',
      detail: `${row.count} of ${total} subscribed mailboxes are ${row.state}${row.detail === null ? '' : `: ${row.detail}`}`,
      hint: 'look at "mailbadge proxy mailboxes list"; the proxy keeps trying',
    }));
}

async function endingFaults(db: Kysely<ProxySchema>): Promise<Fault[]> {
  const { endings_frozen_at: frozenAt } = await db
    .selectFrom('proxy_state')
    .select('endings_frozen_at')
    .executeTakeFirstOrThrow();
  if (frozenAt === null) return [];
  return [
    {
      part: 'subscriptions',
      code: 'endings-frozen',
      detail: `too many subscriptions would have ended at once; none ends by itself since ${new Date(frozenAt).toISOString()}`,
      hint: 'find out why; then run "mailbadge proxy subscription thaw"',
    },
  ];
}
