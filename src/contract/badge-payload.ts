// What a Web Push badge carries, encrypted, to the service worker. A worker ignores a `rev` older than the last it
// saw for that icon. Native apps get {"aps":{"badge":n}} and nothing else.

import { z } from 'zod';
import { badgeSchema } from './identifiers.ts';
import { presentationSchema } from './push-targets.ts';

export const badgePayloadSchema = z.object({
  v: z.literal(1),
  kind: z.literal('badge'),
  subscription: z.string().describe('The icon that this badge is for'),
  badge: badgeSchema,
  rev: z.number().int().min(0),
  presentation: presentationSchema,
});
export type BadgePayload = z.infer<typeof badgePayloadSchema>;
