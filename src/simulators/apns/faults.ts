// What can go wrong at APNs, on demand: what every HTTP/2 service may do (wire-faults.ts), said as Apple says it.

import { z } from 'zod';
import {
  answerFaultSchema,
  connectionFaultSchemas,
  goawayFaultSchema,
  type WireFault,
} from '../wire-faults.ts';

const said = {
  reason: z.string().max(100).optional(),
  timestamp: z.number().int().min(0).optional().describe('ms since the epoch'),
};

export const faultSchema = z.discriminatedUnion('kind', [
  answerFaultSchema.extend(said),
  goawayFaultSchema.extend(said),
  ...connectionFaultSchemas,
]);

export type Fault = z.input<typeof faultSchema>;
export type GoawayFault = { code: number; reason?: string | undefined; timestamp?: number | undefined };

export function toWireFault(fault: z.output<typeof faultSchema>): WireFault {
  switch (fault.kind) {
    case 'answer':
      return { ...fault, body: bodyOf(fault) };
    case 'goaway':
      return { ...fault, debug: bodyOf(fault) };
    default:
      return fault;
  }
}

/** How APNs says why: in answers, and in the debug data of a GOAWAY. */
export function bodyOf({ reason, timestamp }: Omit<GoawayFault, 'code'>): string | undefined {
  return reason === undefined ? undefined : JSON.stringify({ reason, timestamp });
}
