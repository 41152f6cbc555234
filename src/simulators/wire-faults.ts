// What can go wrong on the way to any HTTP/2 service, on demand. Each fault strikes one request, in the order in which
// they were queued. `accept` tells whether the push takes effect all the same: that is what the sender cannot know.

import { z } from 'zod';

const accept = z.boolean().default(false).describe('The push takes effect although no answer says so');

export const answerFaultSchema = z.strictObject({
  kind: z.literal('answer'),
  status: z.number().int().min(200).max(599),
  headers: z.record(z.string(), z.string()).default({}),
});

/**
 * With code 0 what was accepted is still answered, with another the connection ends at once. The last stream id is the
 * highest that was processed, so that streams after it are certainly unprocessed.
 */
export const goawayFaultSchema = z.strictObject({
  kind: z.literal('goaway'),
  code: z.number().int().min(0).max(13).default(0),
  accept,
});

export const connectionFaultSchemas = [
  /** Never answered. */
  z.strictObject({ kind: z.literal('stall'), accept }),
  /** Processed and answered, later. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().int().min(0) }),
  /** The TCP connection is reset. */
  z.strictObject({ kind: z.literal('drop'), accept }),
  /** RST_STREAM with this code (RFC 9113 §7); 7 is REFUSED_STREAM. */
  z.strictObject({ kind: z.literal('reset'), code: z.number().int().min(0).max(13), accept }),
] as const;

/** A fault as it goes over the wire: with the text of an answer, and the debug data of a GOAWAY. */
export type WireFault =
  | z.output<(typeof connectionFaultSchemas)[number]>
  | (z.output<typeof answerFaultSchema> & { body: string | undefined })
  | (z.output<typeof goawayFaultSchema> & { debug: string | undefined });

/** Faults that wait for their request. */
export class FaultQueue {
  readonly #faults: WireFault[] = [];

  get length(): number {
    return this.#faults.length;
  }

  add(fault: WireFault, times: number): void {
    for (let count = 0; count < times; count += 1) this.#faults.push(fault);
  }

  take(): WireFault | undefined {
    return this.#faults.shift();
  }

  clear(): void {
    this.#faults.length = 0;
  }
}
