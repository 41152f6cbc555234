// GET /api/mailboxes, /api/icons, /api/subscriptions: searched, filtered by state, a page at a time.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import {
  iconListSchema,
  mailboxListSchema,
  subscriptionListSchema,
} from '../../contract/console/proxy-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import { listIcons } from '../administration/listing/list-icons.ts';
import { listMailboxes } from '../administration/listing/list-mailboxes.ts';
import { listSubscriptions } from '../administration/listing/list-subscriptions.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ConsoleApp } from './console-operation.ts';

export type ListRowsCollaborators = { db: Kysely<ProxySchema>; clock: Clock };

/** An empty member is none: a form's untouched field. */
function pageQuery<S extends z.core.util.EnumLike>(states: z.ZodEnum<S>) {
  const none = z.literal('').transform(() => undefined);
  const text = z
    .string()
    .max(320)
    .regex(/^\P{Cc}*$/u); // SQLite's LIKE ends at a NUL
  return z.strictObject({
    search: z.union([none, text]).optional(),
    state: z.union([none, states]).optional(),
    after: z.union([none, text]).optional(),
  });
}

const mailboxesRoute = createRoute({
  method: 'get',
  path: '/api/mailboxes',
  request: { query: pageQuery(z.enum(['watched', 'unreachable', 'refused', 'gone'])) },
  responses: { 200: jsonAnswer('By name', mailboxListSchema) },
});
const iconsRoute = createRoute({
  method: 'get',
  path: '/api/icons',
  request: { query: pageQuery(z.enum(['right', 'waiting', 'paused', 'ended'])) },
  responses: { 200: jsonAnswer('By id', iconListSchema) },
});
const subscriptionsRoute = createRoute({
  method: 'get',
  path: '/api/subscriptions',
  request: { query: pageQuery(z.enum(['live', 'expiring', 'ended'])) },
  responses: { 200: jsonAnswer('By id', subscriptionListSchema) },
});

export function addListRows(app: ConsoleApp, { db, clock }: ListRowsCollaborators): void {
  app.openapi(mailboxesRoute, async context =>
    context.json(await listMailboxes(db, context.req.valid('query')), 200),
  );
  app.openapi(iconsRoute, async context =>
    context.json(await listIcons(db, context.req.valid('query')), 200),
  );
  app.openapi(subscriptionsRoute, async context =>
    context.json(await listSubscriptions(db, { ...context.req.valid('query'), now: clock.now() }), 200),
  );
}
