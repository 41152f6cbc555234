// What the proxy's console asks of its proxy, under /api on the loopback listener for administration. Opened by a
// one-time link (`mailbadge proxy console`), which is exchanged for a cookie; every request that changes something
// carries the header `x-mailbadge-console: 1` and an Origin of the listener's own. Errors are RFC 9457 problems.

import { z } from 'zod';
import { instantSchema } from '../identifiers.ts';

/** POST /api/session: the token of a one-time link. Answers 204 and the cookie; GET /api/session 204 while it lasts; DELETE ends it. */
export const openConsoleSchema = z.strictObject({ token: z.string().max(64) });

const warningSchema = z.object({
  /** An error code of the registry where there is one, else a stable name. */
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
});

/** The last probe that ended, or one under way. */
export const probeSchema = z.object({
  id: z.string(),
  node: z.string(),
  requestedBy: z.enum(['administrator', 'schedule']),
  requestedAt: instantSchema,
  endedAt: instantSchema.nullable(),
  resultType: z.enum(['Succeeded', 'Failed', 'TimedOut']).nullable(),
  failureClass: z.enum(['PushNotifications', 'Networking', 'Authentication', 'Unknown']).nullable(),
  error: z.string(),
  exception: z.string(),
  remedy: z.string().nullable(),
  stages: z.array(z.object({ name: z.string(), ms: z.number(), detail: z.string().nullable() })),
});
export type Probe = z.infer<typeof probeSchema>;

/** GET /api/overview */
export const overviewSchema = z.object({
  version: z.string(),
  organization: z.string().nullable(),
  enabled: z.boolean(),
  uri: z.string().nullable(),
  source: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      startedAt: instantSchema,
      seenAt: instantSchema,
      running: z.boolean(),
    }),
  ),
  relay: z.object({ url: z.string().nullable(), version: z.string().nullable(), connected: z.boolean() }),
  mailboxes: z.object({
    watched: z.number(),
    unreachable: z.number(),
    refused: z.number(),
    gone: z.number(),
  }),
  icons: z.object({ live: z.number(), right: z.number(), waiting: z.number(), paused: z.number() }),
  subscriptions: z.object({ live: z.number(), expiringSoon: z.number(), endedRestorable: z.number() }),
  endingsFrozenAt: instantSchema.nullable(),
  lastProbe: probeSchema.nullable(),
  warnings: z.array(warningSchema),
});
export type Overview = z.infer<typeof overviewSchema>;

/** GET /api/mailboxes?search=&state=&after=<id> ; 100 at a time. */
export const mailboxListSchema = z.object({
  mailboxes: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['watched', 'unreachable', 'refused', 'gone']),
      stateDetail: z.string().nullable(),
      stateAt: instantSchema,
      unseen: z.number().int().nullable(),
      countedAt: instantSchema.nullable(),
      lastEventAt: instantSchema.nullable(),
      lastEventCause: z.string().nullable(),
      icons: z.number().int(),
    }),
  ),
  more: z.boolean(),
});
export type MailboxList = z.infer<typeof mailboxListSchema>;

/** GET /api/icons?search=&state=right|waiting|paused|ended&after=<id> ; 100 at a time. */
export const iconSchema = z.object({
  id: z.string(),
  appId: z.string(),
  deviceName: z.string().nullable(),
  provider: z.string(),
  presentation: z.string(),
  mailboxes: z.array(z.string()),
  wanted: z.number().int().nullable(),
  /** Null: unknown. */
  shown: z.number().int().nullable(),
  shownAt: instantSchema.nullable(),
  reportedBadge: z.number().int().nullable(),
  reportedAt: instantSchema.nullable(),
  state: z.enum(['right', 'waiting', 'paused', 'ended']),
  stateDetail: z.string().nullable(),
});
export const iconListSchema = z.object({ icons: z.array(iconSchema), more: z.boolean() });
export type IconList = z.infer<typeof iconListSchema>;

/** GET /api/why?of=<mailbox or icon id>: the same that `mailbadge proxy why` prints. */
export const whySchema = z.object({
  of: z.string(),
  /** A stable name for the conclusion: right, deferred, paused, disabled, not-running … */
  verdict: z.string(),
  /** One sentence: why the badge shows what it shows. */
  conclusion: z.string(),
  remedy: z.string().nullable(),
  facts: z.array(z.object({ at: instantSchema.nullable(), stage: z.string(), text: z.string() })),
});
export type Why = z.infer<typeof whySchema>;

/** GET /api/subscriptions?state=live|expiring|ended&search=&after=<id> ; 100 at a time. */
export const subscriptionListSchema = z.object({
  subscriptions: z.array(
    z.object({
      id: z.string(),
      iconId: z.string(),
      mailbox: z.string(),
      appId: z.string(),
      deviceName: z.string().nullable(),
      policy: z.string(),
      count: z.number().int().nullable(),
      createdAt: instantSchema,
      renewedAt: instantSchema,
      expiresAt: instantSchema,
      endedAt: instantSchema.nullable(),
      endedReason: z.string().nullable(),
      restorable: z.boolean(),
    }),
  ),
  more: z.boolean(),
});
export type SubscriptionList = z.infer<typeof subscriptionListSchema>;
// POST /api/subscriptions/{id}/restore · /end ; POST /api/thaw ; each answers 204

/** GET /api/deliveries: the newest 200 that this process saw, newest first. */
export const deliveryListSchema = z.object({
  deliveries: z.array(
    z.object({
      at: instantSchema,
      iconId: z.string(),
      badge: z.number().int(),
      provider: z.string(),
      outcome: z.enum(['accepted', 'rejected', 'deferred', 'unknown']),
      reason: z.string().nullable(),
      providerId: z.string().nullable(),
      /** From the mailbox's change to the provider's acceptance. */
      latencyMs: z.number().nullable(),
      traceId: z.string(),
    }),
  ),
});
export type DeliveryList = z.infer<typeof deliveryListSchema>;

/** GET /api/trust */
export const trustSchema = z.object({
  organization: z.string().nullable(),
  relayUrl: z.string().nullable(),
  realm: z.string().nullable(),
  applicationId: z.string().nullable(),
  connectedAt: instantSchema.nullable(),
  clockAheadMs: z.number().nullable(),
  /** Why no token can be had right now; null when one can. */
  failure: warningSchema.nullable(),
  certificates: z.array(
    z.object({
      thumbprint: z.string(),
      keyId: z.string(),
      subject: z.string(),
      role: z.enum(['current', 'previous', 'next']).nullable(),
      effectiveAt: instantSchema.nullable(),
      notBefore: instantSchema,
      notAfter: instantSchema,
      registeredAt: instantSchema.nullable(),
      credentialEndsAt: instantSchema.nullable(),
      fault: z.string().nullable(),
    }),
  ),
  authServers: z.array(
    z.object({
      name: z.string(),
      issuer: z.string(),
      realm: z.string().nullable(),
      tokenEndpoint: z.string(),
      metadataUrl: z.string(),
      isDefault: z.boolean(),
      refreshedAt: instantSchema,
    }),
  ),
});
export type Trust = z.infer<typeof trustSchema>;

/** POST /api/probes answers probeSchema when it ended; GET /api/probes the newest 20. */
export const probeListSchema = z.object({ probes: z.array(probeSchema) });

// POST /api/enable · POST /api/disable ; each answers the overview
