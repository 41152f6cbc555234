// How an operation's API description says that a body is JSON of a schema: what is described is what is validated.

import type { z } from '@hono/zod-openapi';

/** For `request.body`; demanded. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { content: { 'application/json': { schema } }, required: true };
}

/** One of the `responses`. */
export function jsonAnswer<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { 'application/json': { schema } } };
}
