// What became of a notification. There are three outcomes and no fourth:
//   accepted   the provider took it
//   rejected   this notification, as it is, will never be taken: do not repeat it
//   deferred   it was not taken, or nobody knows: repeat later with the badge wanted by then
// Only `target-gone` ends a subscription, and only when it is later than the registration (ARCHITECTURE.md).

import { z } from 'zod';

export const rejectionReasons = [
  /** The provider says that the device is gone, at a time later than the registration. */
  'target-gone',
  /** The provider does not know the target although the same app and environment worked within the hour. */
  'target-invalid',
  /** The sealed target is damaged or was sealed for another organization or app. */
  'target-not-openable',
  /** The relay's operator denied this device, or the seal is older than 180 days or of a revoked epoch. */
  'target-revoked',
  /** The item itself is malformed. */
  'notification-invalid',
  'payload-too-large',
] as const;
export type RejectionReason = (typeof rejectionReasons)[number];

export const deferralReasons = [
  /** Nobody knows whether the provider took it: the request had left and no answer came. */
  'outcome-unknown',
  /** `notAfter` passed before anything was started. */
  'not-after-passed',
  'provider-unreachable',
  'provider-unavailable',
  'provider-throttled',
  /** The app's configuration at the relay is wrong (key, topic, credentials): its breaker is open. */
  'app-misconfigured',
  'app-unknown',
  /** Too many devices of this app were reported gone at once: endings are frozen until the operator looks. */
  'gone-frozen',
  /** The provider says that the device is gone, as of a time before its registration: not believed. */
  'gone-before-registration',
  /** A device's own quota at the relay. */
  'device-throttled',
  /** The organization's quota at the relay. */
  'organization-throttled',
  /** The seal names a key that this relay does not have (yet). */
  'seal-key-unknown',
  'push-host-refused',
  'relay-overloaded',
  'relay-error',
] as const;
export type DeferralReason = (typeof deferralReasons)[number];

export const notificationResultSchema = z.discriminatedUnion('outcome', [
  z.object({
    id: z.string(),
    outcome: z.literal('accepted'),
    providerId: z.string().describe("The provider's own id: apns-id, Web Push message location"),
    replacementTarget: z
      .string()
      .optional()
      .describe('Store this sealed target in place of the one that was sent'),
  }),
  z.object({
    id: z.string(),
    outcome: z.literal('rejected'),
    reason: z.enum(rejectionReasons),
    goneSince: z.number().int().optional().describe('When the provider says the device went, ms'),
    detail: z.string().optional(),
  }),
  z.object({
    id: z.string(),
    outcome: z.literal('deferred'),
    reason: z.enum(deferralReasons),
    retryAfterMs: z.number().int().min(0).optional(),
    detail: z.string().optional(),
    replacementTarget: z.string().optional(),
  }),
]);

export type NotificationResult = z.infer<typeof notificationResultSchema>;
