// The bound on how much structure a JSON body has. Parsing deep nesting costs far more than its bytes (8 MB of "["
// hold up the process for seconds), and no schema is asked before the parser is done.

import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors.ts';

/** `maxOpenings` counts "[" and "{" anywhere in the body, within strings too. */
export function limitStructure(maxOpenings: number): MiddlewareHandler {
  return async (context, next) => {
    const text = await context.req.text(); // Hono keeps it for whoever reads the body next
    if (exceeds(text, '[', maxOpenings) || exceeds(text, '{', maxOpenings)) {
      throw new AppError('invalid-request', 'the body has more structure than any request of this kind');
    }
    await next();
  };
}

function exceeds(text: string, character: string, limit: number): boolean {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    count += 1;
    if (count > limit) return true;
  }
  return false;
}
