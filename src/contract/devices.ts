// The proxy's API for devices: sign in, ticket, subscribe, renew, opened, unsubscribe, list.

import { z } from 'zod';
import {
  appIdSchema,
  badgeSchema,
  installationIdSchema,
  instantSchema,
  opaqueIdSchema,
  sealedTargetSchema,
} from './identifiers.ts';
import { presentationSchema, webPushKeysSchema } from './push-targets.ts';

/** POST /v1/sessions */
export const signInRequestSchema = z.strictObject({
  user: z.string().min(1).max(320),
  password: z
    .string()
    .min(1)
    .max(1024)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what no mail server takes
    .regex(/^[^\u0000\r\n]*$/, 'must be one line'),
  installationId: installationIdSchema,
  deviceName: z.string().max(80).optional().describe('For the person\'s list of devices: "Anna\'s phone"'),
});
export const signInResponseSchema = z.object({
  session: z.string().describe('Bearer token for every other call'),
  mailbox: z.string().describe('The canonical name of the mailbox'),
  expiresAt: instantSchema,
});

/** POST /v1/tickets */
export const ticketRequestSchema = z.strictObject({ appId: appIdSchema });
export const ticketResponseSchema = z.object({
  ticket: z.string(),
  registrationUrl: z.url().describe('Where the device posts ticket and push target'),
  expiresAt: instantSchema,
  vapidPublicKey: z.string().optional(),
});

export const countPolicySchema = z.enum(['unseen']).describe('unseen: messages in INBOX without \\Seen');
export type CountPolicy = z.infer<typeof countPolicySchema>;

/** POST /v1/subscriptions: repeating it renews. */
export const subscribeRequestSchema = z.strictObject({
  appId: appIdSchema,
  sealedTarget: sealedTargetSchema,
  policy: countPolicySchema.default('unseen'),
  presentation: presentationSchema.default('badge'),
  keys: webPushKeysSchema.optional().describe('Web Push only: the proxy encrypts with them'),
});

export const subscriptionSchema = z.object({
  id: opaqueIdSchema,
  iconId: opaqueIdSchema,
  mailbox: z.string(),
  appId: appIdSchema,
  policy: countPolicySchema,
  count: badgeSchema.nullable().describe('null until counted'),
  createdAt: instantSchema,
  expiresAt: instantSchema,
  endedAt: instantSchema.nullable(),
  endedReason: z.string().nullable(),
});
export type Subscription = z.infer<typeof subscriptionSchema>;

/** POST /v1/icons/{iconId}/opened: the app was opened; renews every subscription of the icon. */
export const openedRequestSchema = z.strictObject({
  badge: badgeSchema.optional().describe('What the icon shows, as far as the app knows'),
});
export const openedResponseSchema = z.object({ badge: badgeSchema, rev: z.number().int() });

/** GET /v1/devices */
export const deviceSchema = z.object({
  installationId: installationIdSchema,
  name: z.string().nullable(),
  thisDevice: z.boolean(),
  signedInAt: instantSchema,
  lastSeenAt: instantSchema,
  subscriptions: z.array(subscriptionSchema),
});
export const deviceListSchema = z.object({ devices: z.array(deviceSchema) });
