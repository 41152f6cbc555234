// GET /api/deliveries

import { createRoute } from '@hono/zod-openapi';
import { deliveryListSchema } from '../../contract/console/proxy-console.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import type { ConsoleApp } from './console-operation.ts';
import type { RecentDeliveries } from './recent-deliveries.ts';

export type ListDeliveriesCollaborators = { deliveries: Pick<RecentDeliveries, 'list'> };

const route = createRoute({
  method: 'get',
  path: '/api/deliveries',
  responses: { 200: jsonAnswer('The newest first', deliveryListSchema) },
});

export function addListDeliveries(app: ConsoleApp, { deliveries }: ListDeliveriesCollaborators): void {
  app.openapi(route, context => context.json({ deliveries: deliveries.list() }, 200));
}
