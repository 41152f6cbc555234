// What a badge carries to a device, encrypted by the proxy (RFC 8291) so that neither relay nor provider can read it.
// Web Push: the whole payload, to the service worker, which ignores a `rev` older than the last it saw for that icon.
// Native apps get their number in the clear ({"aps":{"badge":n}}, FCM's data) and at most a preview, encrypted.

import { z } from 'zod';
import { badgeSchema, instantSchema } from './identifiers.ts';
import { presentationSchema } from './push-targets.ts';

/** The newest unseen message of a mailbox, cut to what fits; off unless the subscription asked for previews. */
export const previewSchema = z.object({
  mailbox: z.string(),
  from: z.string().describe("The sender's name, or else the address"),
  subject: z.string(),
  receivedAt: instantSchema,
});
export type Preview = z.infer<typeof previewSchema>;

export const badgePayloadSchema = z.object({
  v: z.literal(1),
  kind: z.literal('badge'),
  subscription: z.string().describe('The icon that this badge is for'),
  badge: badgeSchema,
  rev: z.number().int().min(0),
  presentation: presentationSchema,
  preview: previewSchema.optional(),
});
export type BadgePayload = z.infer<typeof badgePayloadSchema>;

/** What `preview` of a notification to APNs or FCM holds once decrypted. */
export const previewPayloadSchema = z.object({
  v: z.literal(1),
  kind: z.literal('preview'),
  subscription: z.string().describe('The icon that this preview is for'),
  rev: z.number().int().min(0),
  preview: previewSchema,
});
export type PreviewPayload = z.infer<typeof previewPayloadSchema>;

/**
 * Declarative Web Push: Safari shows it without waking a service worker. WebKit reads `app_badge` (digits) and `mutable`
 * in `notification` (webkit.org/blog/16535); the W3C's Push API has `mutable` at the top, and its draft `app_badge` (a
 * number) too (w3c/push-api pull requests 385 and 402). Each ignores what it does not know: both are sent.
 * `mailbadge` is what a worker gets where it is woken nevertheless.
 */
export const declarativePayloadSchema = z.object({
  web_push: z.literal(8030),
  notification: z.object({
    title: z.string().min(1),
    body: z.string().optional(),
    navigate: z.url(),
    tag: z.string(),
    lang: z.string(),
    silent: z.boolean(),
    app_badge: z.string().regex(/^\d{1,10}$/),
    mutable: z.boolean(),
  }),
  app_badge: badgeSchema,
  mutable: z.boolean(),
  mailbadge: badgePayloadSchema,
});
export type DeclarativePayload = z.infer<typeof declarativePayloadSchema>;
