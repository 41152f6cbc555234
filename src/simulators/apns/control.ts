// HTTP control of a simulated APNs, for people and for tests in other processes: register a device, look at its badge,
// take it offline, break things. Loopback only; it knows no authentication.

import { z } from 'zod';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { addDevices, createControlApi } from '../control-api.ts';
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
  addDevices(app, '/devices', {
    schema: registerSchema,
    simulator,
    make: options => simulator.registerDevice(options),
    letGo: device => device.uninstall(),
    describe: describeDevice,
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
