// HTTP control of a simulated APNs, for people and for tests in other processes: register a device, look at its badge,
// take it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { createApiApp } from '../../runtime/http/api-app.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { ApnsSimulator } from './apns-simulator.ts';
import type { SimulatedDevice } from './device.ts';
import { faultSchema } from './faults.ts';

const registerSchema = z.strictObject({
  topic: z.string().min(1).max(255),
  environment: z.enum(['production', 'sandbox']).default('production'),
  badgePermission: z.boolean().default(true),
  online: z.boolean().default(true),
});
const onlineSchema = z.strictObject({ online: z.boolean() });
const injectSchema = z.strictObject({
  fault: faultSchema,
  times: z.number().int().min(1).max(10_000).default(1),
});

export function createApnsControl(
  simulator: ApnsSimulator,
  { logger, random }: { logger: Logger; random: Random },
) {
  const app = createApiApp({ logger, random, bodyBytes: 65_536 });
  const find = (token: string): SimulatedDevice => {
    const device = simulator.findDevice(token);
    if (device === undefined) throw new AppError('not-found', 'no such device');
    return device;
  };

  app.get('/ca.pem', context => context.text(simulator.certificate.caPem));

  app.get('/devices', context => context.json(simulator.devices.map(describeDevice)));
  app.post('/devices', async context => {
    const device = simulator.registerDevice(parse(registerSchema, await context.req.text()));
    return context.json(describeDevice(device), 201);
  });
  app.get('/devices/:token', context => context.json(describeDevice(find(context.req.param('token')))));
  app.put('/devices/:token/online', async context => {
    const device = find(context.req.param('token'));
    const { online } = parse(onlineSchema, await context.req.text());
    if (online) device.goOnline();
    else device.goOffline();
    return context.json(describeDevice(device));
  });
  /** The app is uninstalled; the token stays known, as one that is gone. */
  app.delete('/devices/:token', context => {
    const device = find(context.req.param('token'));
    device.uninstall();
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
  app.delete('/connections', context => {
    simulator.dropConnections();
    return context.body(null, 204);
  });
  return app;
}

function describeDevice(device: SimulatedDevice) {
  const { token, topic, environment, badgePermission, online, badge, badges, shown, codes } = device;
  return {
    token,
    topic,
    environment,
    badgePermission,
    online,
    badge,
    badges,
    shown,
    codes,
    backgroundWakes: device.backgroundWakes,
    stored: device.stored ?? null,
    uninstalledAt: device.uninstalledAt ?? null,
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
