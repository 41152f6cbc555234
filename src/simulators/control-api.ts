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
  dropConnections(): void;
};

const onlineSchema = z.strictObject({ online: z.boolean() });

/** An application with the certificate, the faults and the connections; its simulator's own operations are added to it. */
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
  app.delete('/connections', context => {
    simulator.dropConnections();
    return context.body(null, 204);
  });
  return app;
}

type ControlledDevice = { goOnline(): void; goOffline(): void };

/** Devices under `path`: list, make, look at, take offline and back, let go. */
export function addDevices<Device extends ControlledDevice, S extends z.ZodType>(
  app: ReturnType<typeof createControlApi>,
  path: '/devices' | '/subscriptions',
  devices: {
    schema: S;
    simulator: { devices: readonly Device[]; findDevice(id: string): Device | undefined };
    make(options: z.output<S>): Device;
    /** Uninstalled or unsubscribed; the push target stays known, as one that is gone. */
    letGo(device: Device): void;
    describe(device: Device): Record<string, unknown>;
  },
): void {
  const find = (id: string): Device => {
    const device = devices.simulator.findDevice(id);
    if (device === undefined) throw new AppError('not-found', `no such ${path.slice(1, -1)}`);
    return device;
  };
  app.get(path, context => context.json(devices.simulator.devices.map(devices.describe)));
  app.post(path, async context => {
    const device = devices.make(parseBody(devices.schema, await context.req.text()));
    return context.json(devices.describe(device), 201);
  });
  app.get(`${path}/:id`, context => context.json(devices.describe(find(context.req.param('id')))));
  app.put(`${path}/:id/online`, async context => {
    const device = find(context.req.param('id'));
    if (parseBody(onlineSchema, await context.req.text()).online) device.goOnline();
    else device.goOffline();
    return context.json(devices.describe(device));
  });
  app.delete(`${path}/:id`, context => {
    const device = find(context.req.param('id'));
    devices.letGo(device);
    return context.json(devices.describe(device));
  });
}

function parseBody<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('invalid-request', 'the body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const said = parsed.error.issues.map(({ path, message }) => `"${path.join('.')}": ${message}`);
    throw new AppError('invalid-request', said.join('; '), {
      hint: 'docs/topics/simulators.md lists what is taken',
    });
  }
  return parsed.data;
}
