// How a provider reaches a device. The device posts it to the relay, once; from then on only the relay can read it.

import { z } from 'zod';

export const apnsTargetSchema = z.strictObject({
  provider: z.literal('apns'),
  environment: z.enum(['production', 'sandbox']),
  token: z
    .string()
    .regex(/^([0-9a-fA-F]{2}){32,100}$/, 'expected the device token as 64 or more hexadecimal digits')
    .toLowerCase(),
});

export const webPushTargetSchema = z.strictObject({
  provider: z.literal('webpush'),
  endpoint: z.url({ protocol: /^https$/ }).max(1024),
});

export const fcmTargetSchema = z.strictObject({
  provider: z.literal('fcm'),
  token: z
    .string()
    .regex(/^[A-Za-z0-9_:-]{32,1024}$/, 'expected the registration token as FirebaseMessaging gave it'),
});

export const pushTargetSchema = z.discriminatedUnion('provider', [
  apnsTargetSchema,
  fcmTargetSchema,
  webPushTargetSchema,
]);
export const providerNames = ['apns', 'fcm', 'webpush'] as const satisfies readonly ProviderName[];
export type PushTarget = z.infer<typeof pushTargetSchema>;
export type ProviderName = PushTarget['provider'];

/**
 * A device's public keys, RFC 8291 §2: those of its Web Push subscription, or those that a native app made for previews.
 * The proxy encrypts with them; the relay sees those of Web Push only for the challenge, and the others never.
 */
export const webPushKeysSchema = z.strictObject({
  p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}$/, 'expected 65 bytes, base64url without padding'),
  auth: z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'expected 16 bytes, base64url without padding'),
});
export type WebPushKeys = z.infer<typeof webPushKeysSchema>;

/**
 * `badge`: the platform allows silent updates. `notification`: it demands a visible one for each push (Firefox ends
 * a subscription after 16 silent pushes, Safari revokes it), so each change replaces one silent, same-tag notification.
 */
export const presentationSchema = z.enum(['badge', 'notification']);
export type Presentation = z.infer<typeof presentationSchema>;

/**
 * How a Web Push payload is built. `worker`: the app's own JSON, which its service worker reads. `declarative`: a
 * Declarative Web Push message, which Safari shows by itself, with its `app_badge`.
 */
export const payloadFormSchema = z.enum(['worker', 'declarative']);
export type PayloadForm = z.infer<typeof payloadFormSchema>;
