// What can go wrong at FCM, on demand: what every HTTP/2 service may do (wire-faults.ts), said as Google says it; and what
// its token endpoint may answer.

import { z } from 'zod';
import {
  answerFaultSchema,
  connectionFaultSchemas,
  goawayFaultSchema,
  type WireFault,
} from '../wire-faults.ts';
import { error, fcmError, htmlAnswer } from './refusals.ts';

const word = z.string().regex(/^[A-Z_]{1,64}$/);

export const faultSchema = z.discriminatedUnion('kind', [
  answerFaultSchema.extend({
    reason: word.optional().describe('The status word; without it the answer is a page of HTML'),
    errorCode: word.optional().describe('The error code of FCM itself, in the details'),
  }),
  goawayFaultSchema,
  ...connectionFaultSchemas,
  /** The next request for an access token is answered so; without `error` by a page of HTML. */
  z.strictObject({
    kind: z.literal('token'),
    status: z.number().int().min(200).max(599),
    error: z.string().max(64).optional(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
]);

export type Fault = z.input<typeof faultSchema>;
export type ParsedFault = z.output<typeof faultSchema>;
export type TokenFault = Extract<ParsedFault, { kind: 'token' }>;

export function toWireFault(fault: Exclude<ParsedFault, TokenFault>): WireFault {
  switch (fault.kind) {
    case 'answer': {
      const { kind, status, headers, reason, errorCode } = fault;
      const details = errorCode === undefined ? undefined : [fcmError(errorCode)];
      const said =
        reason === undefined ? htmlAnswer(status) : error(status, reason, 'as was asked for', details);
      return { kind, status, headers: { ...said.headers, ...headers }, body: said.body };
    }
    case 'goaway':
      return { ...fault, debug: undefined };
    default:
      return fault;
  }
}
