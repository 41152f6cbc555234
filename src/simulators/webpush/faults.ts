// What can go wrong at a push service, on demand. Each fault strikes one request, in the order in which they were
// queued. `accept` tells whether the push takes effect all the same: that is what the sender cannot know.

import { z } from 'zod';

const accept = z.boolean().default(false).describe('The push takes effect although no answer says so');

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    status: z.number().int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().default(''),
  }),
  /** Never answered. */
  z.strictObject({ kind: z.literal('stall'), accept }),
  /** Processed and answered, later. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().int().min(0) }),
  /** The connection ends without an answer. */
  z.strictObject({ kind: z.literal('drop'), accept }),
]);

export type Fault = z.input<typeof faultSchema>;
export type ParsedFault = z.output<typeof faultSchema>;
