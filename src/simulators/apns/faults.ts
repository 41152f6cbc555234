// What can go wrong at APNs, on demand. Each fault strikes one request, in the order in which they were queued.
// `accept` tells whether the push takes effect all the same: that is what the sender cannot know.

import { z } from 'zod';

const accept = z.boolean().default(false).describe('The push takes effect although no answer says so');
const reason = z.string().max(100);
const timestamp = z.number().int().min(0).describe('ms since the epoch');

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    status: z.number().int().min(200).max(599),
    reason: reason.optional(),
    timestamp: timestamp.optional(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  /** Never answered. */
  z.strictObject({ kind: z.literal('stall'), accept }),
  /** Processed and answered, later. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().int().min(0) }),
  /** The TCP connection is reset. */
  z.strictObject({ kind: z.literal('drop'), accept }),
  /** RST_STREAM with this code (RFC 9113 §7); 7 is REFUSED_STREAM. */
  z.strictObject({ kind: z.literal('reset'), code: z.number().int().min(0).max(13), accept }),
  /**
   * GOAWAY: with code 0 what was accepted is still answered, with another the connection ends at once. Its last
   * stream id is the highest that was processed, so that streams after it are certainly unprocessed.
   */
  z.strictObject({
    kind: z.literal('goaway'),
    code: z.number().int().min(0).max(13).default(0),
    reason: reason.optional(),
    timestamp: timestamp.optional(),
    accept,
  }),
]);

export type Fault = z.input<typeof faultSchema>;
export type ParsedFault = z.output<typeof faultSchema>;
export type GoawayFault = Pick<Extract<ParsedFault, { kind: 'goaway' }>, 'code' | 'reason' | 'timestamp'>;
