// Every operation that proxies call stands behind this.

import { createMiddleware } from 'hono/factory';
import { assertRecentProxy } from '../recent-proxy.ts';

export function requireRecentProxy(minimum: string) {
  return createMiddleware(async (context, next) => {
    assertRecentProxy(context.req.header('user-agent'), minimum);
    await next();
  });
}
