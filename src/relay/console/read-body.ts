// A request's body, parsed once. It must say that it is JSON: what a form can send, it cannot say.

import type { Context } from 'hono';
import type { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { ConsoleEnv } from './console-env.ts';

export async function readBody<S extends z.ZodType>(
  context: Context<ConsoleEnv>,
  schema: S,
): Promise<z.output<S>> {
  const type = context.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new AppError('unsupported-media-type', 'the body is not of a media type that is taken here', {
      hint: 'send application/json',
    });
  }
  let body: unknown;
  try {
    body = await context.req.json();
  } catch (cause) {
    throw new AppError('invalid-request', 'the body is not JSON', { cause });
  }
  return parseInput(schema, body);
}

/** Of a query, too. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  const what = path === '' ? 'the request' : `"${path}"`;
  throw new AppError('invalid-request', `${what}: ${issue?.message ?? 'is malformed'}`);
}
