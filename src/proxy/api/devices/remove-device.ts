// DELETE /v1/devices/{installationId}: a person takes the mailbox off a device, a lost one for example: its session
// ends at once, its subscriptions softly, after their last badge.

import { createRoute, z } from '@hono/zod-openapi';
import { installationIdSchema } from '../../../contract/identifiers.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { devicesOf } from './list-devices.ts';

export const removeDeviceRoute = createRoute({
  method: 'delete',
  path: '/v1/devices/{installationId}',
  operationId: 'removeDevice',
  summary: 'Sign a device of the mailbox out and end its subscriptions to the mailbox',
  security: sessionSecurity,
  request: { params: z.strictObject({ installationId: installationIdSchema }) },
  responses: { 204: { description: 'Removed' }, ...problemResponses(['not-found']) },
});

export function addRemoveDevice(
  app: DeviceApp,
  {
    sessions,
    subscriptions,
  }: { sessions: Sessions; subscriptions: Pick<Subscriptions, 'list' | 'endDevice'> },
): void {
  app.openapi(removeDeviceRoute, async context => {
    const { installationId } = context.req.valid('param');
    const { mailboxId } = context.get('session');
    const devices = devicesOf(await sessions.list(mailboxId), await subscriptions.list(mailboxId));
    if (!devices.some(device => device.installationId === installationId)) {
      throw new AppError('not-found', 'the mailbox has no such device');
    }
    await sessions.end({ mailboxId, installationId }, 'device-removed');
    await subscriptions.endDevice({ mailboxId, installationId, reason: 'device-removed' });
    return context.body(null, 204);
  });
}
