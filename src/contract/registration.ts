// How a device becomes reachable: ticket (from its proxy) → challenge (pushed by the relay) → sealed target.

import { z } from 'zod';
import {
  appIdSchema,
  installationIdSchema,
  instantSchema,
  realmSchema,
  sealedTargetSchema,
  targetIdSchema,
} from './identifiers.ts';
import { providerNames, pushTargetSchema, webPushKeysSchema } from './push-targets.ts';

export const ticketLifetimeMs = 10 * 60_000;
export const challengeLifetimeMs = 10 * 60_000;
/** JOSE `typ` of a registration ticket. */
export const ticketType = 'mailbadge-ticket+jwt';

/**
 * Claims of a registration ticket, a JWS signed with the organization's key (header: typ, alg, kid = SHA-256
 * certificate thumbprint, base64url). `iss` is the organization's application id, `aud` the relay's issuer.
 */
export const ticketClaimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  realm: realmSchema,
  app: appIdSchema,
  installation: installationIdSchema,
  jti: z.string().min(16).max(64),
  iat: z.number().int(),
  exp: z.number().int(),
});
export type TicketClaims = z.infer<typeof ticketClaimsSchema>;

/** POST /v1/registrations, from the device to the relay. */
export const registrationRequestSchema = z.strictObject({
  ticket: z.string().max(4096),
  target: pushTargetSchema,
  keys: webPushKeysSchema.optional().describe('Web Push only; used for the challenge, not kept'),
});
export type RegistrationRequest = z.infer<typeof registrationRequestSchema>;

export const registrationResponseSchema = z.object({
  pending: z.string().describe('Return it with the code'),
  expiresAt: instantSchema,
});

/**
 * What the challenge carries to the device. APNs: a background push {"aps":{"content-available":1},"mailbadge":{…}};
 * FCM: data members v, kind, code, all strings; Web Push: this JSON, encrypted.
 */
export const challengePayloadSchema = z.object({
  v: z.literal(1),
  kind: z.literal('challenge'),
  code: z.string(),
});
export type ChallengePayload = z.infer<typeof challengePayloadSchema>;

/** POST /v1/registrations/confirm, from the device to the relay. */
export const confirmationRequestSchema = z.strictObject({
  pending: z.string().max(8192),
  code: z.string().max(64),
});

export const confirmationResponseSchema = z.object({
  sealedTarget: sealedTargetSchema,
  targetId: targetIdSchema,
});

/** POST /v1/targets/describe, from the proxy (with its access token), which must not believe a device's word. */
export const describeTargetRequestSchema = z.strictObject({
  appId: appIdSchema,
  sealedTarget: sealedTargetSchema,
});
export const describeTargetResponseSchema = z.object({
  targetId: targetIdSchema,
  provider: z.enum(providerNames),
  installationId: installationIdSchema,
  registeredAt: instantSchema,
});
export type TargetDescription = z.infer<typeof describeTargetResponseSchema>;
