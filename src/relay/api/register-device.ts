// POST /v1/registrations: a device shows its proxy's ticket and its push target. The relay pushes a code to that
// target, and gives the caller only a sealed `pending`: who has stolen a target learns no code. A ticket works once,
// even when the code could not be delivered.

import { createRoute } from '@hono/zod-openapi';
import type { PushTarget } from '../../contract/push-targets.ts';
import {
  type RegistrationRequest,
  registrationRequestSchema,
  registrationResponseSchema,
} from '../../contract/registration.ts';
import { AppError } from '../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { ChallengePushes } from '../delivery/challenge-push.ts';
import type { AppProviders, Provider } from '../providers/provider.ts';
import type { Challenges, UseOnce } from '../targets/challenge.ts';
import type { RegistrationLimits } from '../targets/registration-limits.ts';
import type { TicketVerifier, VerifiedTicket } from '../targets/registration-ticket.ts';
import { canonicalTarget, type TargetIds } from '../targets/target-id.ts';
import { deviceCors } from './device-cors.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, problemResponses, publicCodes } from './relay-operation.ts';

const path = '/v1/registrations';

const route = createRoute({
  method: 'post',
  path,
  operationId: 'registerDevice',
  summary: 'Registers a push target: the relay pushes a code to it',
  request: {
    body: jsonBody(registrationRequestSchema),
  },
  responses: {
    200: jsonAnswer(
      'The code is on its way to the device; return it together with `pending`',
      registrationResponseSchema,
    ),
    ...problemResponses([
      ...publicCodes,
      ...bodyCodes,
      'ticket-invalid',
      'ticket-expired',
      'ticket-used',
      'app-unknown',
      'provider-not-configured',
      'push-target-invalid',
      'push-host-not-allowed',
      'too-many-requests',
      'challenge-not-delivered',
    ]),
  },
});

export type RegisterDeviceCollaborators = {
  tickets: TicketVerifier;
  useOnce: UseOnce;
  limits: RegistrationLimits;
  challenges: Challenges;
  targetIds: TargetIds;
  pushes: ChallengePushes;
  apps: AppProviders;
};

export function addRegisterDevice(app: RelayApp, collaborators: RegisterDeviceCollaborators): void {
  const { tickets, useOnce, limits, challenges, targetIds, pushes, apps } = collaborators;
  app.use(path, deviceCors());
  app.openapi(route, async context => {
    const { ticket, target, keys } = readRequest(context.req.valid('json'));
    const { signer, claims, id, expiresAt } = validTicket(await tickets.verify(ticket));
    const provider = providerOf(apps, claims.app, target);
    if (!(await useOnce({ purpose: 'ticket', id, expiresAt }))) {
      throw new AppError('ticket-used', 'the registration ticket was used before', {
        hint: 'get a new ticket from the proxy',
      });
    }
    const { organizationId, realm, sealEpoch } = signer;
    const retryAfterMs = limits.take({ organizationId, targetKey: targetIds.limitKey(target) });
    if (retryAfterMs > 0) {
      throw new AppError('too-many-requests', 'too many registrations of this device or organization', {
        hint: 'wait as long as Retry-After says, then register with a new ticket',
        retryAfterMs,
      });
    }
    const registration = {
      organizationId,
      realm,
      sealEpoch,
      appId: claims.app,
      installationId: claims.installation,
      target,
    };
    const challenge = challenges.issue(registration);
    await pushes.push(provider, {
      traceId: context.get('traceId'),
      organizationId,
      appId: claims.app,
      target,
      code: challenge.code,
      keys,
    });
    return context.json({ pending: challenge.pending, expiresAt: challenge.expiresAt }, 200);
  });
}

function readRequest({ ticket, target: given, keys }: RegistrationRequest) {
  const target = canonicalTarget(given);
  if (target === undefined) {
    throw new AppError('push-target-invalid', 'the endpoint is no push endpoint', {
      hint: 'send the endpoint as PushManager.subscribe gave it',
    });
  }
  if ((target.provider === 'webpush') !== (keys !== undefined)) {
    throw new AppError('invalid-request', '"keys": Web Push needs them, and nothing else takes them');
  }
  return { ticket, target, keys };
}

function validTicket(verified: VerifiedTicket): Extract<VerifiedTicket, { kind: 'valid' }> {
  switch (verified.kind) {
    case 'valid':
      return verified;
    case 'expired':
      throw new AppError('ticket-expired', 'the registration ticket has expired', {
        hint: 'get a new ticket from the proxy; a ticket lives for 10 minutes',
      });
    case 'invalid':
      throw new AppError('ticket-invalid', `the registration ticket is not valid: ${verified.detail}`, {
        hint: 'get a new ticket from the proxy',
      });
  }
}

function providerOf(apps: AppProviders, appId: string, target: PushTarget): Provider {
  const providers = apps.get(appId);
  if (providers === undefined) {
    throw new AppError('app-unknown', `this relay does not know the app ${appId}`, {
      hint: 'the relay’s operator configures apps; its metadata lists them',
    });
  }
  const provider = providers.get(target.provider);
  if (provider === undefined) {
    throw new AppError(
      'provider-not-configured',
      `the app ${appId} has no ${target.provider} at this relay`,
      {
        hint: 'the relay’s operator configures the providers of each app; its metadata lists them',
      },
    );
  }
  return provider;
}
