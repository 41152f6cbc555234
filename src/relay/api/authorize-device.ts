// POST /oauth/device_authorization (RFC 8628 §3.1): a proxy asks for an administrator's approval of its certificate.
// Certificate and organization are judged here, before anybody is asked. An unknown domain is told plainly, since its
// administrator must learn what to do; tries are slowed down, and the metadata documents tell no less.

import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import {
  deviceAuthorizationRequestSchema,
  deviceAuthorizationResponseSchema,
  oauthErrorSchema,
} from '../../contract/device-flow.ts';
import { type ErrorCode, errorCodes } from '../../contract/error-codes.ts';
import { proxyVersionOf } from '../../contract/versions.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { AddressThrottle } from '../../runtime/http/address-throttle.ts';
import { clientAddress } from '../../runtime/http/client-address.ts';
import { jsonAnswer, problemAnswer } from '../../runtime/http/json-content.ts';
import type { Random } from '../../runtime/random.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvents } from '../events.ts';
import { intervalMs, startDeviceAuthorization } from '../oauth/device-flow/device-authorizations.ts';
import { deviceAuthorizationPath, verificationUrl } from '../oauth/metadata.ts';
import { toOAuthError } from '../oauth/oauth-error.ts';
import { assertCurrent, parseCertificate } from '../organizations/certificate.ts';
import { assertRegistrable } from '../organizations/key-credentials.ts';
import { organizationByDomain, organizationInactive } from '../organizations/organizations.ts';
import { assertRecentProxy } from '../recent-proxy.ts';
import type { RelayApp, RelayEnv } from './relay-app.ts';
import { certificateCodes } from './relay-operation.ts';

const tries = { burst: 10, intervalMs: 6000 };
const triesOverall = { burst: 200, intervalMs: 100 };

/** In the form of RFC 6749 §5.2. What stands before this operation, and its own failures, are problems as elsewhere. */
const refusals: readonly ErrorCode[] = [
  'invalid-request',
  'domain-invalid',
  ...certificateCodes,
  'organization-inactive',
  'organization-not-found',
  'unsupported-media-type',
  'proxy-too-old',
  'too-many-requests',
];

const route = createRoute({
  method: 'post',
  path: deviceAuthorizationPath,
  operationId: 'authorizeDevice',
  summary: "Asks for an administrator's approval of a proxy's certificate (RFC 8628)",
  request: {
    body: {
      content: { 'application/x-www-form-urlencoded': { schema: deviceAuthorizationRequestSchema } },
      required: true,
    },
  },
  responses: {
    200: jsonAnswer('The codes', deviceAuthorizationResponseSchema),
    ...oauthErrorAnswers(refusals),
    default: problemAnswer(['body-too-large', 'database-unavailable']),
  },
});

/** RFC 6749 §5.2: 401 is about the client itself. */
function oauthStatus(status: number): number {
  return status === 401 ? 400 : status;
}

function oauthErrorAnswers(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(codes, code => oauthStatus(errorCodes[code].status));
  return Object.fromEntries(
    Array.from(byStatus, ([status, those]) => [
      status,
      jsonAnswer(`Refused: ${those.map(code => `${status} ${code}`).join(', ')}`, oauthErrorSchema),
    ]),
  );
}

export type AuthorizeDeviceParts = {
  db: Kysely<RelaySchema>;
  issuer: string;
  minimumProxyVersion: string;
  clock: Clock;
  random: Random;
  trusted: Parameters<typeof clientAddress>[1];
  events: RelayEvents;
};

export function addAuthorizeDevice(app: RelayApp, parts: AuthorizeDeviceParts): void {
  const throttle = new AddressThrottle({ clock: parts.clock, rate: tries, overall: triesOverall });
  app.openAPIRegistry.registerPath(route);
  // Not by `app.openapi`: its form parser takes the last of several values, and its errors are not OAuth's.
  app.post(deviceAuthorizationPath, async context => {
    try {
      return context.json(await authorize(context, parts, throttle), 200, { 'cache-control': 'no-store' });
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      const wait = error.retryAfterMs;
      return context.json(toOAuthError(error), oauthStatus(error.status) as 400, {
        'cache-control': 'no-store',
        ...(wait === undefined ? {} : { 'retry-after': String(Math.ceil(wait / 1000)) }),
      });
    }
  });
}

async function authorize(
  context: Context<RelayEnv>,
  { db, issuer, minimumProxyVersion, clock, random, trusted, events }: AuthorizeDeviceParts,
  throttle: AddressThrottle,
) {
  const userAgent = context.req.header('user-agent');
  assertRecentProxy(userAgent, minimumProxyVersion);
  const address = clientAddress(context.env.incoming, trusted);
  throttle.take(address);
  const form = await readForm(context);
  const now = clock.now();
  const certificate = parseCertificate(form.certificate);
  assertCurrent(certificate, now);
  const { id: organizationId, applicationId } = await activeOrganization(db, form.organization, issuer);
  await assertRegistrable(db, { keyId: certificate.thumbprint, applicationId });
  const proxyVersion = proxyVersionOf(userAgent) ?? 'unknown';
  const { deviceCode, userCode, expiresAt } = await startDeviceAuthorization(
    db,
    { organizationId, certificate, proxyVersion, address },
    { now, random },
  );
  events.record({
    kind: 'device-authorization',
    step: 'requested',
    organizationId,
    credentialId: certificate.thumbprint,
  });
  return {
    device_code: deviceCode.reveal(),
    user_code: userCode,
    verification_uri: verificationUrl(issuer),
    verification_uri_complete: `${verificationUrl(issuer)}?code=${userCode}`,
    expires_in: (expiresAt - now) / 1000,
    interval: intervalMs / 1000,
  };
}

async function readForm(context: Context<RelayEnv>) {
  const type = context.req.header('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded(\s*;|$)/i.test(type)) {
    throw new AppError('unsupported-media-type', 'the body is not application/x-www-form-urlencoded');
  }
  const parameters = new URLSearchParams(await context.req.text());
  const names = [...parameters.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AppError('invalid-request', `the parameter ${twice.slice(0, 40)} stands twice`); // RFC 6749 §3.2
  }
  const form = deviceAuthorizationRequestSchema.safeParse(Object.fromEntries(parameters));
  if (!form.success) {
    const [issue] = form.error.issues;
    throw new AppError('invalid-request', `${issue?.path.join('.') ?? 'the form'}: ${issue?.message ?? ''}`, {
      hint: 'send client_id, organization and certificate',
    });
  }
  return form.data;
}

async function activeOrganization(db: Kysely<RelaySchema>, domain: string, issuer: string) {
  try {
    const organization = await organizationByDomain(db, domain);
    if (!organization.active) throw organizationInactive(organization.domain);
    return organization;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'organization-not-found') throw error;
    throw new AppError('organization-not-found', 'this relay knows no organization of that domain', {
      hint: `check the spelling; sign the organization up at ${issuer}/console first, or ask the relay's operator`,
    });
  }
}
