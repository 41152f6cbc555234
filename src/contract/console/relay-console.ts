// What the relay's console asks of its relay, under /console/api. Signed in by cookie; every request that changes
// something carries the header `x-mailbadge-console: 1` and an Origin of the relay's own. Errors are RFC 9457 problems.
// An organization's administrator is answered as if other organizations did not exist.

import { z } from 'zod';
import { instantSchema, organizationDomainSchema } from '../identifiers.ts';

export const consoleHeader = 'x-mailbadge-console';

const reason = z.string().trim().min(1).max(200);
export const emailSchema = z.string().trim().toLowerCase().max(254).pipe(z.email());
export const newPasswordSchema = z.string().min(12, 'at least 12 characters').max(256);
const totpCode = z.string().regex(/^\d{6}$/, 'six digits');

// --- who is signed in -------------------------------------------------------------------------------------------

/** POST /session; 401 `totp-required` asks for the code as well. */
export const signInRequestSchema = z.strictObject({
  email: emailSchema,
  password: z.string().min(1).max(256),
  totp: totpCode.optional(),
});
export type ConsoleSignIn = z.infer<typeof signInRequestSchema>;

export const signedInSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(['operator', 'administrator']),
  organization: z.object({ id: z.string(), domain: z.string() }).nullable(),
  totp: z.boolean(),
  relay: z.object({ issuer: z.string(), version: z.string() }),
});
export type SignedIn = z.infer<typeof signedInSchema>;

/** PUT /account/password */
export const changePasswordSchema = z.strictObject({
  password: z.string().max(256),
  newPassword: newPasswordSchema,
});
/** POST /account/totp answers this; PUT /account/totp {code} switches it on; DELETE /account/totp {password} off. */
export const totpOfferSchema = z.object({ secret: z.string(), uri: z.string() });
export const confirmTotpSchema = z.strictObject({ code: totpCode });
export const removeTotpSchema = z.strictObject({ password: z.string().max(256) });

// --- signing an organization up -----------------------------------------------------------------------------------

/** GET /sign-ups, without a session: whether this relay lets organizations sign themselves up. */
export const signUpStateSchema = z.object({ open: z.boolean() });

/** POST /sign-ups, without a session. */
export const signUpRequestSchema = z.strictObject({
  name: z.string().trim().min(1).max(120),
  domain: organizationDomainSchema,
  contact: emailSchema,
  email: emailSchema,
  password: newPasswordSchema,
});
export type SignUpRequest = z.infer<typeof signUpRequestSchema>;

export const signUpSchema = z.object({
  id: z.string().describe('Kept by the browser that began; 128 random bits'),
  domain: z.string(),
  record: z.object({ name: z.string(), type: z.literal('TXT'), value: z.string() }),
  expiresAt: instantSchema,
});
export type SignUp = z.infer<typeof signUpSchema>;

/** POST /sign-ups/{id}/check: looks the record up; when it is there, organization and administrator exist. */
export const signUpCheckSchema = z.object({
  proved: z.boolean(),
  /** What was found instead, for the person at the screen. */
  detail: z.string().nullable(),
});

// --- organizations --------------------------------------------------------------------------------------------------

export const credentialSchema = z.object({
  keyId: z.string(),
  /** SHA-1 of the certificate, 40 upper-case hexadecimal digits. */
  thumbprint: z.string(),
  type: z.literal('asymmetric'),
  usage: z.literal('verify'),
  startAt: instantSchema,
  endAt: instantSchema,
  registeredAt: instantSchema,
  registeredBy: z.string().nullable(),
  lastUsedAt: instantSchema.nullable(),
  lastVersion: z.string().nullable(),
  lastAddress: z.string().nullable(),
  revokedAt: instantSchema.nullable(),
  revokedReason: z.string().nullable(),
  /** The one that was used last, when that was within a day. */
  inUse: z.boolean(),
});
export type Credential = z.infer<typeof credentialSchema>;

export const organizationSchema = z.object({
  id: z.string(),
  domain: z.string(),
  name: z.string().nullable(),
  contact: z.string().nullable(),
  realm: z.string(),
  applicationId: z.string(),
  active: z.boolean(),
  deactivatedReason: z.string().nullable(),
  sealEpoch: z.number().int(),
  directTrust: z.boolean(),
  /** Its own quota, or null for the relay's default. */
  quotaPerSecond: z.number().int().nullable(),
  defaultQuotaPerSecond: z.number().int(),
  createdAt: instantSchema,
  domainProof: z.object({
    /** 'operator': vouched for · 'proved' · 'missing': the record was there and is gone */
    state: z.enum(['operator', 'proved', 'missing']),
    record: z.object({ name: z.string(), value: z.string() }).nullable(),
    checkedAt: instantSchema.nullable(),
    missingSince: instantSchema.nullable(),
  }),
  /** Of the credential used last. */
  proxyVersion: z.string().nullable(),
  lastUsedAt: instantSchema.nullable(),
  warnings: z.array(z.string()),
});
export type OrganizationView = z.infer<typeof organizationSchema>;

/** GET /organizations; an administrator's list has one. */
export const organizationListSchema = z.object({ organizations: z.array(organizationSchema) });
/** GET /organizations/{id} */
export const organizationDetailSchema = z.object({
  organization: organizationSchema,
  credentials: z.array(credentialSchema),
});

/** POST /organizations, operators only. POST /organizations/{id}/enrolment-code answers the same. */
export const addOrganizationSchema = z.strictObject({
  domain: organizationDomainSchema,
  name: z.string().trim().max(120).optional(),
  contact: emailSchema.optional(),
});
export const organizationWithCodeSchema = z.object({
  organization: organizationSchema,
  enrolmentCode: z.string(),
  expiresAt: instantSchema,
});

/** PATCH /organizations/{id}; `quotaPerSecond` by operators only, null = the default again. */
export const changeOrganizationSchema = z.strictObject({
  name: z.string().trim().max(120).optional(),
  contact: emailSchema.optional(),
  directTrust: z.boolean().optional(),
  quotaPerSecond: z.number().int().min(1).max(1_000_000).nullable().optional(),
});
/** POST /organizations/{id}/deactivate · /reactivate (operators only) · /revoke-targets · /check-domain answer the organization. */
export const deactivateOrganizationSchema = z.strictObject({ reason, revokeTargets: z.boolean() });
export const reactivateOrganizationSchema = z.strictObject({ revokeTargets: z.boolean() });
/** DELETE /organizations/{id}/credentials/{keyId} */
export const removeCredentialSchema = z.strictObject({ reason });

// --- traffic ----------------------------------------------------------------------------------------------------------

/** GET /traffic?hours= (operators: all; administrators: the own organization's) and GET /organizations/{id}/traffic?hours= ; hours 1 … 720. */
export const trafficSchema = z.object({
  from: instantSchema,
  to: instantSchema,
  bucketMs: z.number().int(),
  /** One per outcome; `counts` has one number per bucket, the first beginning at `from`. */
  series: z.array(
    z.object({ outcome: z.string(), total: z.number().int(), counts: z.array(z.number().int()) }),
  ),
});
export type Traffic = z.infer<typeof trafficSchema>;

// --- apps, keys, nodes -------------------------------------------------------------------------------------------------

/** GET /apps */
export const appListSchema = z.object({
  apps: z.array(
    z.object({
      id: z.string(),
      providers: z.array(
        z.object({
          provider: z.string(),
          /** Key id, team, topic, VAPID public key: what names the configuration; operators only. */
          facts: z.record(z.string(), z.string()),
          /** When its key was made, or its file changed; operators only. */
          keyCreatedAt: instantSchema.nullable(),
          /** Open: held back by a node, because its configuration there is wrong. */
          breaker: z.enum(['closed', 'open']),
          /** Operators only. */
          breakerReason: z.string().nullable(),
        }),
      ),
    }),
  ),
});
export type AppList = z.infer<typeof appListSchema>;

/** GET /keys, operators only; POST /keys/{purpose}/rotate answers the same. */
export const keyListSchema = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      purpose: z.string(),
      createdAt: instantSchema,
      retiredAt: instantSchema.nullable(),
      rotatable: z.boolean(),
    }),
  ),
});

/** GET /status; an administrator is told no nodes, and the warnings of the own organization. */
export const relayStatusSchema = z.object({
  issuer: z.string(),
  version: z.string(),
  minimumProxyVersion: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      startedAt: instantSchema,
      seenAt: instantSchema,
      running: z.boolean(),
    }),
  ),
  warnings: z.array(z.string()),
});
export type RelayStatus = z.infer<typeof relayStatusSchema>;

// --- approving a proxy's certificate (RFC 8628) ---------------------------------------------------------------------------

/** GET /device-authorizations/{userCode}; 404 `device-code-unknown` also for another organization's. */
export const deviceAuthorizationSchema = z.object({
  userCode: z.string(),
  organization: z.string(),
  thumbprint: z.string(),
  keyId: z.string(),
  subject: z.string(),
  notBefore: instantSchema,
  notAfter: instantSchema,
  proxyVersion: z.string(),
  address: z.string(),
  requestedAt: instantSchema,
  expiresAt: instantSchema,
  decision: z.enum(['approved', 'denied']).nullable(),
});
export type DeviceAuthorization = z.infer<typeof deviceAuthorizationSchema>;

/** POST /device-authorizations/{userCode}/decision; approving needs the password again, and the code where one is set up. */
export const decideDeviceAuthorizationSchema = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  /** What the person saw: an approval is of this certificate and no other. */
  keyId: z.string().max(64),
  password: z.string().max(256),
  totp: totpCode.optional(),
});

// --- audit log, administrators ----------------------------------------------------------------------------------------------

/** GET /audit?before=<id>&organization=<id> ; newest first, 50 at a time. */
export const auditListSchema = z.object({
  entries: z.array(
    z.object({
      id: z.number().int(),
      at: instantSchema,
      actorKind: z.string(),
      actor: z.string(),
      organization: z.string().nullable(),
      action: z.string(),
      subject: z.string().nullable(),
      detail: z.record(z.string(), z.unknown()).nullable(),
      address: z.string().nullable(),
    }),
  ),
  more: z.boolean(),
});
export type AuditList = z.infer<typeof auditListSchema>;

/** GET /administrators */
export const administratorListSchema = z.object({
  administrators: z.array(
    z.object({
      id: z.string(),
      email: z.string(),
      role: z.enum(['operator', 'administrator']),
      organization: z.string().nullable(),
      totp: z.boolean(),
      createdAt: instantSchema,
      lastSignInAt: instantSchema.nullable(),
      disabledAt: instantSchema.nullable(),
    }),
  ),
});
/** POST /administrators: an administrator adds one of the own organization, an operator any. */
export const addAdministratorSchema = z.strictObject({
  email: emailSchema,
  role: z.enum(['operator', 'administrator']),
  organizationId: z.string().max(64).optional(),
});
/** The password is shown once, to be changed at the first sign-in by whoever gets it. */
export const addedAdministratorSchema = z.object({ id: z.string(), email: z.string(), password: z.string() });
// POST /administrators/{id}/disable · /enable · /reset-password (answers addedAdministratorSchema)
