// POST /v1/probes: tells a proxy whether a badge of its organization would get through: whoever gets here has a good
// token of an active organization. No quota, no provider, no traffic; see contract/probes.ts.

import { createRoute } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { probeAnswerSchema, probeRequestSchema, probesPath } from '../../contract/probes.ts';
import { version } from '../../contract/versions.ts';
import type { Clock } from '../../runtime/clock.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { SignProbeProof } from '../oauth/probe-proof.ts';
import type { AppProviders } from '../providers/provider.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, organizationCodes, problemResponses } from './relay-operation.ts';

const route = createRoute({
  method: 'post',
  path: probesPath,
  operationId: 'answerProbe',
  summary: 'Whether badges of this organization would get through; proves who the relay is',
  request: { body: jsonBody(probeRequestSchema) },
  responses: {
    200: jsonAnswer('They would, but for the apps that are held back', probeAnswerSchema),
    ...problemResponses([...organizationCodes, ...bodyCodes]),
  },
});

export function addAnswerProbe(
  app: RelayApp,
  {
    db,
    apps,
    delivery,
    signProof,
    clock,
  }: {
    db: Kysely<RelaySchema>;
    apps: AppProviders;
    delivery: Pick<Delivery, 'heldBack'>;
    signProof: SignProbeProof;
    clock: Clock;
  },
): void {
  app.openapi(route, async context => {
    const { probeId, nonce } = context.req.valid('json');
    const { organizationId, realm, applicationId, credentialId } = context.get('caller');
    const { domain } = await db
      .selectFrom('organization')
      .select('domain')
      .where('id', '=', organizationId)
      .executeTakeFirstOrThrow();
    const heldBack = delivery.heldBack();
    return context.json(
      {
        organization: domain,
        realm,
        applicationId,
        credentialId,
        version,
        relayTime: clock.now(),
        apps: [...apps.keys()].map(id => ({
          id,
          heldBack: heldBack
            .filter(({ appId }) => appId === id)
            .map(({ provider, environment }) => ({ provider, environment })),
        })),
        proof: await signProof({ realm, probeId, nonce }),
      },
      200,
    );
  });
}
