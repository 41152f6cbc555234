// HTTP control of a simulated APNs, for people and for tests in other processes: register a device, look at its badge,
// take it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { createControlApi, parseBody, switchOnline } from '../control-api.ts';
import type { ApnsSimulator } from './apns-simulator.ts';
import type { SimulatedDevice } from './device.ts';
import { faultSchema } from './faults.ts';

const registerSchema = z.strictObject({
  topic: z.string().min(1).max(255),
  environment: z.enum(['production', 'sandbox']).default('production'),
  badgePermission: z.boolean().default(true),
  online: z.boolean().default(true),
});

export function createApnsControl(
  simulator: ApnsSimulator,
  collaborators: { logger: Logger; random: Random },
) {
  const app = createControlApi(simulator, faultSchema, collaborators);
  const find = (token: string): SimulatedDevice => {
    const device = simulator.findDevice(token);
    if (device === undefined) throw new AppError('not-found', 'no such device');
    return device;
  };

  app.get('/devices', context => context.json(simulator.devices.map(describeDevice)));
  app.post('/devices', async context => {
    const device = simulator.registerDevice(parseBody(registerSchema, await context.req.text()));
    return context.json(describeDevice(device), 201);
  });
  app.get('/devices/:token', context => context.json(describeDevice(find(context.req.param('token')))));
  app.put('/devices/:token/online', async context => {
    const device = find(context.req.param('token'));
    switchOnline(device, await context.req.text());
    return context.json(describeDevice(device));
  });
  /** The app is uninstalled; the token stays known, as one that is gone. */
  app.delete('/devices/:token', context => {
    const device = find(context.req.param('token'));
    device.uninstall();
    return context.json(describeDevice(device));
  });

  app.delete('/connections', context => {
    simulator.dropConnections();
    return context.body(null, 204);
  });
  return app;
}

function describeDevice(device: SimulatedDevice) {
  const { token, topic, environment, badgePermission, online, badge, badges, shown } = device;
  return {
    token,
    topic,
    environment,
    badgePermission,
    online,
    badge,
    badges,
    shown,
    codes: device.codes.untaken,
    backgroundWakes: device.backgroundWakes,
    stored: device.stored ?? null,
    uninstalledAt: device.uninstalledAt ?? null,
  };
}
