// The proxy's API for devices: sign in, ticket, subscribe, renew, opened, viewed, preferences, messages, test, list.

import { z } from 'zod';
import {
  appIdSchema,
  badgeSchema,
  installationIdSchema,
  instantSchema,
  opaqueIdSchema,
  sealedTargetSchema,
} from './identifiers.ts';
import { languages } from './languages.ts';
import { payloadFormSchema, presentationSchema, webPushKeysSchema } from './push-targets.ts';

/** GET /v1/app, without a session: what the web app that this proxy serves is called and registers as. */
export const webAppSchema = z.object({
  name: z.string(),
  /** null: no app of the relay has Web Push, or the proxy is not connected yet. */
  appId: appIdSchema.nullable(),
  vapidPublicKey: z.string().nullable().describe('applicationServerKey for PushManager.subscribe'),
  webmail: z.string().nullable().describe("The inbox in the organization's webmail"),
});
export type WebApp = z.infer<typeof webAppSchema>;

/** One line of what can be seen; the zero-width joiners stay, which emoji are written with. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Z}]+|(?![\u200c\u200d])\p{Cf}/gu, ' ')
    .trim();
}

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
  deviceName: z
    .string()
    .max(80)
    .overwrite(visible)
    .optional()
    .describe('For the person\'s list of devices: "Anna\'s phone"'),
  sessionIn: z
    .enum(['body', 'cookie'])
    .default('body')
    .describe('body: a bearer token, for native apps. cookie: HttpOnly and SameSite=Strict, for web apps'),
});
export const signInResponseSchema = z.object({
  session: z.string().optional().describe('Bearer token for every other call; absent when it is in a cookie'),
  mailbox: z.string().describe('The canonical name of the mailbox'),
  expiresAt: instantSchema.describe('When the credential of the mailbox must be proven again'),
});

/** GET /v1/sessions/current */
export const currentSessionSchema = z.object({
  mailbox: z.string(),
  installationId: installationIdSchema,
  expiresAt: instantSchema,
});
export type CurrentSession = z.infer<typeof currentSessionSchema>;

/** POST /v1/tickets */
export const ticketRequestSchema = z.strictObject({ appId: appIdSchema });
export const ticketResponseSchema = z.object({
  ticket: z.string(),
  registrationUrl: z.url().describe('Where the device posts ticket and push target'),
  expiresAt: instantSchema,
  vapidPublicKey: z.string().optional(),
});
export type Ticket = z.infer<typeof ticketResponseSchema>;

export const countPolicySchema = z
  .enum(['unseen', 'since-viewed'])
  .describe(
    'unseen: messages in INBOX without \\Seen; since-viewed: those of them that came after this device last viewed the inbox',
  );
export type CountPolicy = z.infer<typeof countPolicySchema>;

/** POST /v1/subscriptions: repeating it renews. */
export const subscribeRequestSchema = z.strictObject({
  appId: appIdSchema,
  sealedTarget: sealedTargetSchema,
  policy: countPolicySchema.default('unseen'),
  presentation: presentationSchema.default('badge'),
  keys: webPushKeysSchema.optional().describe('Web Push only: the proxy encrypts with them'),
  form: payloadFormSchema.default('worker').describe('Web Push only'),
  language: z.enum(languages).default('en').describe('Of the words in a declarative message'),
  previews: z
    .boolean()
    .default(false)
    .describe('Send sender and subject of the newest unseen message too, encrypted for this device'),
  previewKeys: webPushKeysSchema
    .optional()
    .describe('APNs and FCM, with previews: a key pair and secret that the app made; Web Push uses its keys'),
});
export type SubscribeBody = z.input<typeof subscribeRequestSchema>;

export const subscriptionSchema = z.object({
  id: opaqueIdSchema,
  iconId: opaqueIdSchema,
  mailbox: z.string(),
  appId: appIdSchema,
  policy: countPolicySchema,
  previews: z.boolean(),
  count: badgeSchema.nullable().describe('null until counted'),
  createdAt: instantSchema,
  viewedAt: instantSchema.nullable().describe('When this device last viewed the inbox'),
  expiresAt: instantSchema.describe('At most when the session ends'),
  endedAt: instantSchema.nullable(),
  endedReason: z.string().nullable(),
});
export type Subscription = z.infer<typeof subscriptionSchema>;

/** PATCH /v1/subscriptions/{id}, of this device */
export const preferencesSchema = z.strictObject({
  policy: countPolicySchema.optional(),
  previews: z.boolean().optional(),
});
export type Preferences = z.infer<typeof preferencesSchema>;

const uid = z.number().int().min(1).max(4_294_967_295);

/** POST /v1/subscriptions/{id}/viewed: the person looked at the inbox. Renews and answers as `opened` does. */
export const viewedRequestSchema = z.strictObject({
  /** What was seen of the inbox: without it, everything that is there now. */
  upTo: z
    .strictObject({ uidValidity: uid, uidNext: uid })
    .optional()
    .describe('As GET /v1/messages, or the app’s own IMAP SELECT, gave them'),
});

/** POST /v1/icons/{iconId}/opened: the app was opened; renews every subscription of the icon. */
export const openedRequestSchema = z.strictObject({
  badge: badgeSchema.optional().describe('What the icon shows, as far as the app knows'),
});
export const openedResponseSchema = z.object({ badge: badgeSchema, rev: z.number().int() });
export type Opened = z.infer<typeof openedResponseSchema>;

/** GET /v1/icons/{iconId}: how its badge stands, and POST /v1/icons/{iconId}/test, which publishes it once more. */
export const iconStatusSchema = z.object({
  id: opaqueIdSchema,
  badge: badgeSchema.nullable().describe('What it should show; null until counted'),
  rev: z.number().int(),
  state: z
    .enum(['shown', 'publishing', 'waiting', 'paused', 'publishing-disabled', 'not-counted'])
    .describe(
      'shown: the provider accepted this badge. publishing: on its way. waiting: until retryAt, because of lastProblem. paused: the provider does not know the device: register again',
    ),
  accepted: z
    .object({ badge: badgeSchema, at: instantSchema })
    .nullable()
    .describe('What the provider last accepted'),
  lastProblem: z
    .object({ reason: z.string(), at: instantSchema })
    .nullable()
    .describe('The last outcome that was not accepted, if later than `accepted`'),
  retryAt: instantSchema.nullable(),
  watched: z
    .enum(['watched', 'unreachable', 'refused', 'gone'])
    .describe('How the mailbox is watched; refused: sign in again'),
});
export type IconStatus = z.infer<typeof iconStatusSchema>;

/** GET /v1/messages?limit=20: read from the mail server now, kept nowhere. */
export const messagesQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(20),
});
export const messageSchema = z.object({
  uid: z.number().int(),
  fromName: z.string().nullable(),
  fromAddress: z.string().nullable(),
  subject: z.string().nullable(),
  receivedAt: instantSchema,
  links: z
    .object({ open: z.string(), markRead: z.string().optional(), archive: z.string().optional() })
    .nullable()
    .describe("Into the organization's webmail, where one is configured"),
});
export type Message = z.infer<typeof messageSchema>;
export const messageListSchema = z.object({
  unseen: badgeSchema,
  uidValidity: z.number().int(),
  uidNext: z.number().int(),
  messages: z.array(messageSchema).describe('Unseen ones of INBOX, the newest first'),
});
export type MessageList = z.infer<typeof messageListSchema>;

/** GET /v1/devices */
export const deviceSchema = z.object({
  installationId: installationIdSchema,
  name: z.string().nullable(),
  thisDevice: z.boolean(),
  signedInAt: instantSchema,
  lastSeenAt: instantSchema,
  subscriptions: z.array(subscriptionSchema),
});
export type Device = z.infer<typeof deviceSchema>;
export const deviceListSchema = z.object({ devices: z.array(deviceSchema) });
