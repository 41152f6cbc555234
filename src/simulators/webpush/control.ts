// HTTP control of a simulated push service, for people and for tests in other processes: subscribe a device, look at
// its badge, take it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { createControlApi, parseBody, switchOnline } from '../control-api.ts';
import type { SimulatedWebDevice } from './device.ts';
import { faultSchema } from './faults.ts';
import type { WebPushSimulator } from './webpush-simulator.ts';

const subscribeSchema = z.strictObject({
  applicationServerKey: z.string().regex(/^B[A-Za-z0-9_-]{86}$/, 'expected 65 bytes, base64url'),
  silentPushes: z.number().int().min(1).optional(),
});

export function createWebPushControl(
  simulator: WebPushSimulator,
  collaborators: { logger: Logger; random: Random },
) {
  const app = createControlApi(simulator, faultSchema, collaborators);
  const find = (id: string): SimulatedWebDevice => {
    const device = simulator.findDevice(id);
    if (device === undefined) throw new AppError('not-found', 'no such subscription');
    return device;
  };

  app.get('/subscriptions', context => context.json(simulator.devices.map(describeDevice)));
  app.post('/subscriptions', async context => {
    const { applicationServerKey, silentPushes } = parseBody(subscribeSchema, await context.req.text());
    const device = simulator.subscribe({
      applicationServerKey,
      ...(silentPushes === undefined ? {} : { silentPushes }),
    });
    return context.json(describeDevice(device), 201);
  });
  app.get('/subscriptions/:id', context => context.json(describeDevice(find(context.req.param('id')))));
  app.put('/subscriptions/:id/online', async context => {
    const device = find(context.req.param('id'));
    switchOnline(device, await context.req.text());
    return context.json(describeDevice(device));
  });
  app.delete('/subscriptions/:id', context => {
    const device = find(context.req.param('id'));
    device.unsubscribe();
    return context.json(describeDevice(device));
  });

  return app;
}

function describeDevice(device: SimulatedWebDevice) {
  const { token: id, endpoint, keys, online, gone, badge, badges, notification, storedCount } = device;
  return {
    id,
    endpoint,
    keys,
    online,
    gone,
    badge,
    badges,
    codes: device.codes.untaken,
    notification: notification ?? null,
    storedCount,
  };
}
