// The body of every error answer: RFC 9457 problem details with a stable `code`.

import { z } from 'zod';

export const problemSchema = z.object({
  type: z.string(),
  code: z.string().describe('Stable; listed in docs/reference/errors.md'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  hint: z.string().optional().describe('What the person who can act should do'),
  traceId: z.string(),
});

export type Problem = z.infer<typeof problemSchema>;
