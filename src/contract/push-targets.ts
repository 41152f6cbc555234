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

export const pushTargetSchema = z.discriminatedUnion('provider', [apnsTargetSchema, webPushTargetSchema]);
export type PushTarget = z.infer<typeof pushTargetSchema>;
export type ProviderName = PushTarget['provider'];

/** The device's public keys, RFC 8291 §2: the proxy encrypts with them; the relay sees them only for the challenge. */
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
