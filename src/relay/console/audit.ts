// /audit: what was done, by whom, from where; newest first.

import { z } from 'zod';
import { listAudit } from '../administrators/audit-log.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { parseInput } from './read-body.ts';

const pageSize = 50;
const querySchema = z.object({
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  organization: z.string().max(64).optional(),
});

export function addAudit(app: ConsoleApp, { db }: ConsoleParts): void {
  app.get('/audit', async context => {
    const scope = context.get('scope');
    const { before, organization } = parseInput(querySchema, context.req.query());
    const organizationId =
      organization === undefined ? scope.organizationId : (await scope.organization(organization)).id;
    const page = await listAudit(db, {
      limit: pageSize,
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(before === undefined ? {} : { before }),
    });
    const entries = page.entries.map(({ organizationId: _id, ...entry }) => entry);
    return context.json({ entries, more: page.more });
  });
}
