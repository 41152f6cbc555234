// POST /v1/enrolments: the one call that a proxy makes before it has a key credential.

import { createRoute } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { enrolmentRequestSchema, enrolmentResponseSchema } from '../../contract/enrolment.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AddressThrottle } from '../../runtime/http/address-throttle.ts';
import { clientAddress } from '../../runtime/http/client-address.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvents } from '../events.ts';
import { enrol } from '../organizations/enrolment.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, problemResponses, publicCodes, registeringCodes } from './relay-operation.ts';

const tries = { burst: 10, intervalMs: 6000 };
/** From all addresses together: a code has 130 bits, but looking for it costs us a signature check each time. */
const triesOverall = { burst: 600, intervalMs: 100 };

const route = createRoute({
  method: 'post',
  path: '/v1/enrolments',
  operationId: 'enrolApplication',
  summary: "Registers an organization's certificate with a one-time code",
  request: {
    body: jsonBody(enrolmentRequestSchema),
  },
  responses: {
    201: jsonAnswer('The certificate is a key credential of the organization now', enrolmentResponseSchema),
    200: jsonAnswer('It was one before; nothing was added', enrolmentResponseSchema),
    ...problemResponses([
      ...publicCodes,
      ...bodyCodes,
      ...registeringCodes,
      'enrolment-code-invalid',
      'enrolment-code-expired',
      'enrolment-code-used',
      'certificate-not-approved',
      'organization-inactive',
      'too-many-requests',
    ]),
  },
});

export function addEnrolApplication(
  app: RelayApp,
  {
    db,
    issuer,
    clock,
    trusted,
    events,
  }: {
    db: Kysely<RelaySchema>;
    issuer: string;
    clock: Clock;
    trusted: Parameters<typeof clientAddress>[1];
    events: RelayEvents;
  },
): void {
  const throttle = new AddressThrottle({ clock, rate: tries, overall: triesOverall });
  app.openapi(route, async context => {
    const address = clientAddress(context.env.incoming, trusted);
    throttle.take(address);
    const { organization, credential, added } = await enrol(db, context.req.valid('json'), {
      issuer,
      now: clock.now(),
      address,
    });
    events.record({
      kind: 'credential-registered',
      organizationId: organization.id,
      credentialId: credential.keyId,
      added,
    });
    const { keyId, type, usage, startAt, endAt } = credential;
    return context.json(
      {
        organization: organization.domain,
        realm: organization.realm,
        applicationId: organization.applicationId,
        credential: { keyId, type, usage, startAt, endAt },
      },
      added ? 201 : 200,
    );
  });
}
