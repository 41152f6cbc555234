// How an operation's API description says that a body is JSON of a schema: what is described is what is validated. And
// which errors it answers, by their codes (docs/reference/errors.md).

import type { z } from '@hono/zod-openapi';
import { type ErrorCode, errorCodes } from '../../contract/error-codes.ts';
import { problemSchema } from '../../contract/problem.ts';

/** For `request.body`; demanded. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { content: { 'application/json': { schema } }, required: true };
}

/** One of the `responses`. */
export function jsonAnswer<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { 'application/json': { schema } } };
}

/** The `default` of the `responses`: one sentence for all errors; each is a problem document (RFC 9457). */
export function problemAnswer(codes: Iterable<ErrorCode>) {
  return {
    description: `Refused: ${Array.from(new Set(codes), code => `${errorCodes[code].status} ${code}`).join(', ')}`,
    content: { 'application/problem+json': { schema: problemSchema } },
  };
}
