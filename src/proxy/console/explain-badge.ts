// GET /api/why?of=<mailbox or icon>: what `mailbadge proxy why` prints.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { whySchema } from '../../contract/console/proxy-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import { explain } from '../administration/why/explain.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { MailboxNameRule } from '../mailboxes/mailbox-name.ts';
import type { ConsoleApp } from './console-operation.ts';

export type ExplainBadgeCollaborators = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  nameRule: MailboxNameRule;
};

const route = createRoute({
  method: 'get',
  path: '/api/why',
  request: { query: z.strictObject({ of: z.string().min(1).max(320) }) },
  responses: { 200: jsonAnswer('Why the badge shows what it shows', whySchema) },
});

export function addExplainBadge(app: ConsoleApp, collaborators: ExplainBadgeCollaborators): void {
  app.openapi(route, async context =>
    context.json(await explain(collaborators.db, context.req.valid('query').of, collaborators), 200),
  );
}
