// GET /health: 200 while the relay can do its work, 503 when its database cannot be read.

import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { version } from '../../contract/versions.ts';
import type { OpenDatabase } from '../../database/database.ts';
import { AppError } from '../../runtime/errors.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayApp } from './relay-app.ts';
import { problemResponses } from './relay-operation.ts';

const route = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'reportHealth',
  summary: 'Whether the relay can do its work',
  responses: {
    200: jsonAnswer('It can', z.object({ status: z.literal('ok'), version: z.string() })),
    ...problemResponses(['database-unavailable']),
  },
});

export function addReportHealth(
  app: RelayApp,
  database: Pick<OpenDatabase<RelaySchema>, 'db' | 'failure'>,
): void {
  app.openapi(route, async context => {
    try {
      if (database.failure !== undefined) throw database.failure;
      await sql`SELECT 1 FROM schema_migration`.execute(database.db);
    } catch (cause) {
      throw new AppError('database-unavailable', 'the database cannot be read', { cause });
    }
    return context.json({ status: 'ok' as const, version }, 200);
  });
}
