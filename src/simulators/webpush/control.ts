// HTTP control of a simulated push service, for people and for tests in other processes: subscribe a device, look at
// its badge, take it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { addDevices, createControlApi } from '../control-api.ts';
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
  addDevices(app, '/subscriptions', {
    schema: subscribeSchema,
    simulator,
    make: ({ applicationServerKey, silentPushes }) =>
      simulator.subscribe({ applicationServerKey, ...(silentPushes === undefined ? {} : { silentPushes }) }),
    letGo: device => device.unsubscribe(),
    describe: describeDevice,
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
