// HTTP control of a simulated FCM, for people and for tests in other processes: register a device, look at its badge, take
// it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { addDevices, createControlApi } from '../control-api.ts';
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
  addDevices(app, '/devices', {
    schema: registerSchema,
    simulator,
    make: options => simulator.registerDevice(options),
    letGo: device => device.uninstall(),
    describe: describeDevice,
  });
  /** Every access token that was given out. */
  app.delete('/tokens', context => {
    simulator.tokens.revoke();
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
