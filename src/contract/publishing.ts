// POST /v1/notifications: what a proxy publishes and a relay answers. Envelope errors fail the batch (a problem
// document), item errors only the item. The relay answers JSON, or with `Accept: application/x-ndjson` one result
// per line as each is known, so that one slow device does not hold up the others of its batch.

import { z } from 'zod';
import {
  appIdSchema,
  badgeSchema,
  collapseKeySchema,
  instantSchema,
  sealedTargetSchema,
  traceIdSchema,
} from './identifiers.ts';
import { notificationResultSchema } from './outcomes.ts';
import { presentationSchema } from './push-targets.ts';

export const publishLimits = {
  batchItems: 1000,
  batchBytes: 8 * 1024 * 1024,
  /** The furthest that `notAfter` may lie ahead of the relay's clock. */
  notAfterAheadMs: 5000,
  /** What a Web Push service must take (RFC 8030 §7.2). */
  webPushBodyBytes: 4096,
  /** Beside the rest of a notification, whose whole payload may have 4096 bytes at APNs and FCM. */
  previewBytes: 2048,
} as const;

export const notificationSchema = z.strictObject({
  id: z.uuid().describe("The attempt's id; echoed, and used as the provider's message id"),
  traceId: traceIdSchema,
  appId: appIdSchema,
  sealedTarget: sealedTargetSchema,
  collapseKey: collapseKeySchema,
  badge: badgeSchema.describe('Web Push: 0, or 1 for any other number, which is in the body alone'),
  expiresAt: instantSchema.describe(
    "The end of the icon's last subscription; bounds how long a provider may store it",
  ),
  presentation: presentationSchema.default('badge'),
  body: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,5462}$/)
    .optional()
    .describe('Web Push only: the payload, encrypted by the proxy for the device (RFC 8291), base64url'),
  rev: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('FCM only: lets the app ignore a badge that comes late; Web Push has it in its body'),
  preview: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,2731}$/)
    .optional()
    .describe(
      'APNs and FCM only: sender and subject, encrypted by the proxy for the device (RFC 8291), base64url',
    ),
});
export type Notification = z.infer<typeof notificationSchema>;

/** The envelope; each item is checked by itself against `notificationSchema`. */
export const publishRequestSchema = z.strictObject({
  notAfter: instantSchema.describe(
    "In the relay's time, at most 5 s ahead: after it the relay starts nothing",
  ),
  notifications: z
    .array(z.looseObject({ id: z.uuid() }))
    .min(1)
    .max(publishLimits.batchItems),
});
/** What a proxy sends. */
export type PublishRequest = { notAfter: number; notifications: Notification[] };

export const publishResponseSchema = z.object({
  relayTime: instantSchema,
  results: z.array(notificationResultSchema),
});
