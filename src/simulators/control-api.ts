// What the control APIs of all simulators have alike: for people, and for tests in other processes. Loopback only; they
// know no authentication.

import { z } from 'zod';
import { AppError } from '../runtime/errors.ts';
import { createApiApp } from '../runtime/http/api-app.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';

type Simulator<Fault> = {
  readonly certificate: { caPem: string };
  readonly pendingFaults: number;
  inject(fault: Fault, options: { times: number }): void;
  clearFaults(): void;
};

const onlineSchema = z.strictObject({ online: z.boolean() });

/** An application with the certificate and the faults; its simulator's own operations are added to it. */
export function createControlApi<S extends z.ZodType>(
  simulator: Simulator<z.output<S>>,
  faultSchema: S,
  { logger, random }: { logger: Logger; random: Random },
) {
  const injectSchema = z.strictObject({
    fault: faultSchema,
    times: z.number().int().min(1).max(10_000).default(1),
  });
  const app = createApiApp({ logger, random, bodyBytes: 65_536 });
  app.get('/ca.pem', context => context.text(simulator.certificate.caPem));
  app.post('/faults', async context => {
    const { fault, times } = parseBody(injectSchema, await context.req.text()) as {
      fault: z.output<S>;
      times: number;
    };
    simulator.inject(fault, { times });
    return context.json({ pendingFaults: simulator.pendingFaults }, 201);
  });
  app.delete('/faults', context => {
    simulator.clearFaults();
    return context.json({ pendingFaults: 0 });
  });
  return app;
}

/** Takes a device offline or online, as the body {"online": …} says. */
export function switchOnline(device: { goOnline(): void; goOffline(): void }, body: string): void {
  if (parseBody(onlineSchema, body).online) device.goOnline();
  else device.goOffline();
}

export function parseBody<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('invalid-request', 'the body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError('invalid-request', z.prettifyError(parsed.error));
  return parsed.data;
}
