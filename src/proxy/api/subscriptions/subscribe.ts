// POST /v1/subscriptions: this device shows this mailbox's count. What the sealed target is, the relay says: a
// device's word is not enough, or a stolen sealed target would bring its thief's count to somebody else's phone.

import { createRoute } from '@hono/zod-openapi';
import { subscribeRequestSchema, subscriptionSchema } from '../../../contract/devices.ts';
import { AppError } from '../../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../../runtime/http/json-content.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { type RelayForDevices, refusedByRelay, relayAway } from '../registration/relay-for-devices.ts';
import { assertWishesFit } from './wishes-fit-target.ts';

export const subscribeRoute = createRoute({
  method: 'post',
  path: '/v1/subscriptions',
  operationId: 'subscribe',
  summary: "Show the mailbox's unseen count on this device's icon; repeating it renews",
  security: sessionSecurity,
  request: { body: jsonBody(subscribeRequestSchema) },
  responses: {
    201: jsonAnswer('Subscribed; the count follows as soon as it is known', subscriptionSchema),
    ...problemResponses([
      'target-not-openable',
      'target-denied',
      'app-unknown',
      'installation-mismatch',
      'subscription-limit',
      'relay-not-connected',
      'relay-unreachable',
    ]),
  },
});

export function addSubscribe(
  app: DeviceApp,
  {
    relay,
    subscriptions,
  }: { relay: Pick<RelayForDevices, 'describeTarget'>; subscriptions: Pick<Subscriptions, 'subscribe'> },
): void {
  app.openapi(subscribeRoute, async context => {
    const { appId, sealedTarget, ...wishes } = context.req.valid('json');
    const { mailboxId, installationId } = context.get('session');
    const answer = await relay.describeTarget(
      { appId, sealedTarget },
      { signal: context.req.raw.signal, traceId: context.get('traceId') },
    );
    if (answer.kind === 'refused') throw refusedByRelay(answer.failure);
    if (answer.kind === 'failed') throw relayAway(answer.failure);
    const { target } = answer;
    if (target.installationId !== installationId) {
      throw new AppError('installation-mismatch', 'this sealed target belongs to another installation', {
        hint: 'register this installation at the relay with a ticket of its own',
      });
    }
    assertWishesFit(target.provider, wishes);
    const subscription = await subscriptions.subscribe({
      mailboxId,
      installationId,
      appId,
      sealedTarget,
      target,
      ...wishes,
    });
    return context.json(subscription, 201);
  });
}
