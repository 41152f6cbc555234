// GET /v1/devices: the devices of the mailbox, each with its subscriptions to this mailbox and to no other.

import { createRoute, type z } from '@hono/zod-openapi';
import { deviceListSchema, type deviceSchema, type Subscription } from '../../../contract/devices.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { ListedSubscription } from '../../subscriptions/list-subscriptions.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import type { ListedSession, Sessions } from '../sessions/sessions.ts';

export const listDevicesRoute = createRoute({
  method: 'get',
  path: '/v1/devices',
  operationId: 'listDevices',
  summary: "The mailbox's devices and their subscriptions, the one seen last first",
  security: sessionSecurity,
  responses: { 200: jsonAnswer('The devices', deviceListSchema), ...problemResponses([]) },
});

type Device = z.infer<typeof deviceSchema>;

export function addListDevices(
  app: DeviceApp,
  { sessions, subscriptions }: { sessions: Sessions; subscriptions: Pick<Subscriptions, 'list'> },
): void {
  app.openapi(listDevicesRoute, async context => {
    const { mailboxId, installationId } = context.get('session');
    const devices = devicesOf(await sessions.list(mailboxId), await subscriptions.list(mailboxId));
    return context.json(
      {
        devices: devices.map(device => ({ ...device, thisDevice: device.installationId === installationId })),
      },
      200,
    );
  });
}

/** A device is listed while it is signed in, or while it still shows the mailbox's count. */
export function devicesOf(
  sessions: readonly ListedSession[],
  subscriptions: readonly ListedSubscription[],
): Omit<Device, 'thisDevice'>[] {
  const byInstallation = Map.groupBy(subscriptions, subscription => subscription.installationId);
  const showing = (installationId: string): boolean =>
    (byInstallation.get(installationId) ?? []).some(subscription => subscription.endedAt === null);
  const listed = sessions
    .filter(session => session.live || showing(session.installationId))
    .map(({ installationId, deviceName, signedInAt, lastSeenAt }) => ({
      installationId,
      name: deviceName,
      signedInAt,
      lastSeenAt,
      subscriptions: (byInstallation.get(installationId) ?? []).map(toSubscription),
    }));
  const named = new Set(listed.map(device => device.installationId));
  const forgotten = [...byInstallation]
    .filter(([installationId]) => !named.has(installationId) && showing(installationId))
    .map(([installationId, own]) => ({
      installationId,
      name: null, // its session was over so long ago that nothing is left of it
      signedInAt: Math.min(...own.map(({ createdAt }) => createdAt)),
      lastSeenAt: Math.min(...own.map(({ createdAt }) => createdAt)),
      subscriptions: own.map(toSubscription),
    }));
  return [...listed, ...forgotten];
}

/** Without what only the proxy's own lists tell. */
export function toSubscription({ installationId: _, ...subscription }: ListedSubscription): Subscription {
  return subscription;
}
