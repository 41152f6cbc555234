// HTTP control of a simulated FCM, for people and for tests in other processes: register a device, look at its badge, take
// it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { createControlApi, parseBody, switchOnline } from '../control-api.ts';
import type { SimulatedAndroid } from './device.ts';
import { faultSchema } from './faults.ts';
import type { FcmSimulator } from './fcm-simulator.ts';

const registerSchema = z.strictObject({
  platform: z.enum(['android', 'other']).default('android'),
  notificationPermission: z.boolean().default(true),
  online: z.boolean().default(true),
  inFront: z.boolean().default(false),
});

export function createFcmControl(simulator: FcmSimulator, collaborators: { logger: Logger; random: Random }) {
  const app = createControlApi(simulator, faultSchema, collaborators);
  const find = (token: string): SimulatedAndroid => {
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

  /** Every access token that was given out. */
  app.delete('/tokens', context => {
    simulator.tokens.revoke();
    return context.body(null, 204);
  });
  app.delete('/connections', context => {
    simulator.dropConnections();
    return context.body(null, 204);
  });
  return app;
}

function describeDevice(device: SimulatedAndroid) {
  const { token, platform, notificationPermission, online, inFront, badge, badges, received, stored } =
    device;
  return {
    token,
    platform,
    notificationPermission,
    online,
    inFront,
    badge,
    badges,
    received,
    stored,
    codes: device.codes.untaken,
    uninstalledAt: device.uninstalledAt ?? null,
  };
}
