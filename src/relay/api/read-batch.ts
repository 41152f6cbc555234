// Reads the body of a batch. It may be large, so only those who have shown a token come this far, and no organization has
// more than a few bodies arriving at once: many that come slowly would fill the memory that all others need, too.

import type { MiddlewareHandler } from 'hono';
import { publishLimits } from '../../contract/publishing.ts';
import { AppError } from '../../runtime/errors.ts';
import { limitBody } from '../../runtime/http/limit-body.ts';
import type { RelayEnv } from './relay-app.ts';

/** A proxy's nodes together; an honest batch arrives in milliseconds. */
const arrivingAtOnce = 16;
const retryAfterMs = 1000;

export function readBatch(): MiddlewareHandler<RelayEnv> {
  const limit = limitBody(publishLimits.batchBytes);
  const arriving = new Map<string, number>();
  return async (context, next) => {
    const { organizationId } = context.get('caller');
    const before = arriving.get(organizationId) ?? 0;
    if (before >= arrivingAtOnce) {
      throw new AppError('too-many-requests', 'too many batches of this organization arrive at once', {
        hint: `let batches arrive one after the other; ${arrivingAtOnce} may be on their way at once`,
        retryAfterMs,
      });
    }
    arriving.set(organizationId, before + 1);
    try {
      await limit(context, async () => void (await context.req.text())); // Hono keeps it for whoever reads it next
    } finally {
      const left = (arriving.get(organizationId) ?? 1) - 1;
      if (left === 0) arriving.delete(organizationId);
      else arriving.set(organizationId, left);
    }
    await next();
  };
}
