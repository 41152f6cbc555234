// GET /api/trust: certificates, authorization servers, and whether the relay gives a token right now.

import { createRoute } from '@hono/zod-openapi';
import { type Trust, trustSchema } from '../../contract/console/proxy-console.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import { authServerOf } from '../trust/auth-servers/auth-server.ts';
import { readTrustStatus } from '../trust/trust-status.ts';
import type { ConsoleApp } from './console-operation.ts';

export type ShowTrustCollaborators = Parameters<typeof readTrustStatus>[0];

const route = createRoute({
  method: 'get',
  path: '/api/trust',
  responses: { 200: jsonAnswer('How trust stands', trustSchema) },
});

export function addShowTrust(app: ConsoleApp, { db, certificates, access }: ShowTrustCollaborators): void {
  app.openapi(route, async context => {
    const status = await readTrustStatus({ db, certificates, access });
    const servers = (await db.selectFrom('auth_server').selectAll().orderBy('name').execute()).map(
      authServerOf,
    );
    const { organization, relayUrl, realm, applicationId, connectedAt, clockAheadMs, failure } = status;
    return context.json(
      {
        ...{ organization, relayUrl, realm, applicationId, connectedAt, clockAheadMs },
        failure: failure && { code: failure.code, message: failure.message, hint: failure.hint },
        certificates: status.certificates.map(certificate => ({
          thumbprint: certificate.thumbprint,
          keyId: certificate.keyId,
          subject: certificate.subject,
          role: certificate.role as Trust['certificates'][number]['role'],
          effectiveAt: certificate.effectiveAt,
          notBefore: certificate.notBefore,
          notAfter: certificate.notAfter,
          registeredAt: certificate.registeredAt,
          credentialEndsAt: certificate.credentialEndsAt,
          fault: certificate.fault,
        })),
        authServers: servers.map(
          ({ name, issuer, realm, tokenEndpoint, metadataUrl, isDefault, refreshedAt }) => ({
            ...{ name, issuer, realm, tokenEndpoint, metadataUrl, isDefault, refreshedAt },
          }),
        ),
      },
      200,
    );
  });
}
