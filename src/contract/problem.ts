// The body of every error answer: RFC 9457 problem details with a stable `code`.

import { z } from 'zod';
import { instantSchema } from './identifiers.ts';

export const problemSchema = z.object({
  type: z.string(),
  code: z.string().describe('Stable; listed in docs/reference/errors.md'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  hint: z.string().optional().describe('What the person who can act should do'),
  traceId: z.string(),
  relayTime: instantSchema
    .optional()
    .describe("With not-after-too-far and not-after-passed: the relay's clock, to measure one's own against"),
});

export type Problem = z.infer<typeof problemSchema>;
