// HTTP control of a simulated push service, for people and for tests in other processes: subscribe a device, look at
// its badge, take it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { createApiApp } from '../../runtime/http/api-app.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { SimulatedWebDevice } from './device.ts';
import { faultSchema } from './faults.ts';
import type { WebPushSimulator } from './webpush-simulator.ts';

const subscribeSchema = z.strictObject({
  applicationServerKey: z.string().regex(/^B[A-Za-z0-9_-]{86}$/, 'expected 65 bytes, base64url'),
  silentPushes: z.number().int().min(1).optional(),
});
const onlineSchema = z.strictObject({ online: z.boolean() });
const injectSchema = z.strictObject({
  fault: faultSchema,
  times: z.number().int().min(1).max(10_000).default(1),
});

export function createWebPushControl(
  simulator: WebPushSimulator,
  { logger, random }: { logger: Logger; random: Random },
) {
  const app = createApiApp({ logger, random, bodyBytes: 65_536 });
  const find = (id: string): SimulatedWebDevice => {
    const device = simulator.findDevice(id);
    if (device === undefined) throw new AppError('not-found', 'no such subscription');
    return device;
  };

  app.get('/ca.pem', context => context.text(simulator.certificate.caPem));

  app.get('/subscriptions', context => context.json(simulator.devices.map(describeDevice)));
  app.post('/subscriptions', async context => {
    const { applicationServerKey, silentPushes } = parse(subscribeSchema, await context.req.text());
    const device = simulator.subscribe({
      applicationServerKey,
      ...(silentPushes === undefined ? {} : { silentPushes }),
    });
    return context.json(describeDevice(device), 201);
  });
  app.get('/subscriptions/:id', context => context.json(describeDevice(find(context.req.param('id')))));
  app.put('/subscriptions/:id/online', async context => {
    const device = find(context.req.param('id'));
    const { online } = parse(onlineSchema, await context.req.text());
    if (online) device.goOnline();
    else device.goOffline();
    return context.json(describeDevice(device));
  });
  app.delete('/subscriptions/:id', context => {
    const device = find(context.req.param('id'));
    device.unsubscribe();
    return context.json(describeDevice(device));
  });

  app.post('/faults', async context => {
    const { fault, times } = parse(injectSchema, await context.req.text());
    simulator.inject(fault, { times });
    return context.json({ pendingFaults: simulator.pendingFaults }, 201);
  });
  app.delete('/faults', context => {
    simulator.clearFaults();
    return context.json({ pendingFaults: 0 });
  });
  return app;
}

function describeDevice(device: SimulatedWebDevice) {
  const { token: id, endpoint, keys, online, gone, badge, badges, codes, notification, storedCount } = device;
  return {
    id,
    endpoint,
    keys,
    online,
    gone,
    badge,
    badges,
    codes,
    notification: notification ?? null,
    storedCount,
  };
}

function parse<T extends z.ZodType>(schema: T, text: string): z.output<T> {
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
