// POST /v1/tickets: what a signed-in person's device shows the relay when it registers its push target there.

import { createRoute } from '@hono/zod-openapi';
import { ticketRequestSchema, ticketResponseSchema } from '../../../contract/devices.ts';
import { AppError } from '../../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../../runtime/http/json-content.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { type RelayForDevices, relayAway } from './relay-for-devices.ts';

export const issueTicketRoute = createRoute({
  method: 'post',
  path: '/v1/tickets',
  operationId: 'issueTicket',
  summary: 'Get a one-time ticket to register this device at the relay',
  security: sessionSecurity,
  request: { body: jsonBody(ticketRequestSchema) },
  responses: {
    201: jsonAnswer('Valid once, for ten minutes', ticketResponseSchema),
    ...problemResponses(['app-unknown', 'relay-not-connected', 'relay-unreachable']),
  },
});

export function addIssueTicket(
  app: DeviceApp,
  { relay }: { relay: Pick<RelayForDevices, 'apps' | 'signTicket'> },
): void {
  app.openapi(issueTicketRoute, async context => {
    const { appId } = context.req.valid('json');
    const { installationId } = context.get('session');
    const signed = await relay.signTicket({ appId, installationId });
    if (signed.kind === 'failed') throw relayAway(signed.failure);
    const registered = relay.apps()?.find(({ id }) => id === appId);
    if (registered === undefined) {
      throw new AppError('app-unknown', `the relay does not know the app "${appId}"`, {
        hint: "the relay's operator registers apps; check the app id",
      });
    }
    const { ticket, expiresAt, relayUrl } = signed;
    return context.json(
      {
        ticket,
        registrationUrl: new URL('/v1/registrations', relayUrl).href,
        expiresAt,
        ...(registered.vapidPublicKey === undefined ? {} : { vapidPublicKey: registered.vapidPublicKey }),
      },
      201,
    );
  });
}
