// POST /v1/icons/{iconId}/test: publishes the badge that the icon has once more, by making what is shown unknown (R1).
// It goes the way of every badge: an attempt under way, coalescing, a breaker and a disabled proxy hold it up alike.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { iconStatusSchema } from '../../../contract/devices.ts';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { tooMany } from '../request-limit.ts';
import { readIconStatus } from './icon-status.ts';

const testEveryMs = 10_000;

export const testBadgeRoute = createRoute({
  method: 'post',
  path: '/v1/icons/{iconId}/test',
  operationId: 'testBadge',
  summary: "Publish the badge of this device's icon once more; GET the icon for what becomes of it",
  security: sessionSecurity,
  request: { params: z.strictObject({ iconId: opaqueIdSchema }) },
  responses: {
    202: jsonAnswer('It goes out; or why it does not', iconStatusSchema),
    ...problemResponses(['icon-not-found']),
  },
});

export function addTestBadge(
  app: DeviceApp,
  { db, clock, wakePublisher }: { db: Kysely<ProxySchema>; clock: Clock; wakePublisher(): void },
): void {
  app.openapi(testBadgeRoute, async context => {
    const { iconId } = context.req.valid('param');
    const session = context.get('session');
    const now = clock.now();
    const status = await db.transaction().execute(async transaction => {
      const { state } = await readIconStatus(transaction, { iconId, session }, now);
      if (state !== 'paused' && state !== 'not-counted') await publishAgain(transaction, iconId, now);
      return readIconStatus(transaction, { iconId, session }, now);
    });
    wakePublisher();
    return context.json(status, 202);
  });
}

async function publishAgain(db: Kysely<ProxySchema>, iconId: string, now: number): Promise<void> {
  const { tested_at: testedAt } = await db
    .selectFrom('icon')
    .select('tested_at')
    .where('id', '=', iconId)
    .executeTakeFirstOrThrow();
  const waitMs = (testedAt ?? 0) + testEveryMs - now;
  // More than that: the host's clock was set back since.
  if (waitMs > 0 && waitMs <= testEveryMs) throw tooMany('the badge was tested just now', waitMs);
  await db.updateTable('icon').set({ shown: null, tested_at: now }).where('id', '=', iconId).execute();
}
