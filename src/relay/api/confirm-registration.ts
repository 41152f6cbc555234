// POST /v1/registrations/confirm: the device returns `pending` and the code that was pushed to it, and gets its push
// target sealed for its organization. What was stored is that this challenge is used; of the device, nothing.

import { createRoute } from '@hono/zod-openapi';
import { confirmationRequestSchema, confirmationResponseSchema } from '../../contract/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { RelayEvents } from '../events.ts';
import type { Challenges, ConfirmedChallenge, Registration } from '../targets/challenge.ts';
import type { DeniedTargets } from '../targets/denied-targets.ts';
import type { TargetIds } from '../targets/target-id.ts';
import type { TargetSeal } from '../targets/target-seal.ts';
import { deviceCors } from './device-cors.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, problemResponses, publicCodes } from './relay-operation.ts';

const path = '/v1/registrations/confirm';

const route = createRoute({
  method: 'post',
  path,
  operationId: 'confirmRegistration',
  summary: 'Proves that the code arrived, for the sealed target',
  request: {
    body: jsonBody(confirmationRequestSchema),
  },
  responses: {
    200: jsonAnswer('The sealed target; hand it to the proxy', confirmationResponseSchema),
    ...problemResponses([
      ...publicCodes,
      ...bodyCodes,
      'challenge-invalid',
      'challenge-expired',
      'too-many-requests',
      'target-denied',
    ]),
  },
});

export function addConfirmRegistration(
  app: RelayApp,
  {
    challenges,
    targetIds,
    seal,
    denied,
    events,
    clock,
  }: {
    challenges: Challenges;
    targetIds: TargetIds;
    seal: TargetSeal;
    denied: DeniedTargets;
    events: RelayEvents;
    clock: Clock;
  },
): void {
  app.use(path, deviceCors());
  app.openapi(route, async context => {
    const { pending, code } = context.req.valid('json');
    const registration = confirmed(await challenges.confirm(pending, code));
    const { organizationId, realm, sealEpoch, appId, installationId, target } = registration;
    const targetId = targetIds.of(organizationId, appId, target);
    if ((await denied.current()).has(targetId)) {
      throw new AppError('target-denied', 'the relay’s operator refuses this device');
    }
    const device = { target, targetId, installationId, registeredAt: clock.now() };
    const sealedTarget = seal.seal({ realm, sealEpoch, appId }, device);
    const traceId = context.get('traceId');
    events.record({
      kind: 'device-registered',
      traceId,
      organizationId,
      appId,
      provider: target.provider,
      targetId,
    });
    return context.json({ sealedTarget, targetId }, 200);
  });
}

function confirmed(challenge: ConfirmedChallenge): Registration {
  switch (challenge.kind) {
    case 'confirmed':
      return challenge.registration;
    case 'expired':
      throw new AppError('challenge-expired', 'the code has expired', {
        hint: 'register again with a new ticket; a code lives for 10 minutes',
      });
    case 'invalid':
      throw new AppError('challenge-invalid', challenge.detail, { hint: 'register again with a new ticket' });
    case 'too-many-tries':
      throw new AppError('too-many-requests', 'too many tries for this code', {
        hint: 'register again with a new ticket',
        retryAfterMs: challenge.retryAfterMs,
      });
  }
}
