// /traffic of the whole relay (for an administrator: of the own organization), and of one organization.

import { z } from 'zod';
import { readTraffic } from '../traffic/read-traffic.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { parseInput } from './read-body.ts';

const querySchema = z.object({ hours: z.coerce.number().int().min(1).max(720) });

export function addTraffic(app: ConsoleApp, { db, clock, traffic }: ConsoleParts): void {
  app.get('/traffic', async context => {
    const { hours } = parseInput(querySchema, context.req.query());
    return context.json(await read(hours, context.get('scope').organizationId));
  });

  app.get('/organizations/:id/traffic', async context => {
    const { id } = await context.get('scope').organization(context.req.param('id'));
    const { hours } = parseInput(querySchema, context.req.query());
    return context.json(await read(hours, id));
  });

  async function read(hours: number, organizationId: string | undefined) {
    await traffic.write(); // what this process counted in the last seconds is wanted, too
    return readTraffic(db, {
      hours,
      now: clock.now(),
      ...(organizationId === undefined ? {} : { organizationId }),
    });
  }
}
