// Lets only organizations in: sets `caller` from the verified access token.

import { createMiddleware } from 'hono/factory';
import type { AccessTokenVerifier } from '../oauth/access-token.ts';
import type { RelayEnv } from './relay-app.ts';

export function requireCaller(tokens: Pick<AccessTokenVerifier, 'callerOf'>) {
  return createMiddleware<RelayEnv>(async (context, next) => {
    context.set('caller', await tokens.callerOf(context.req.header('authorization')));
    await next();
  });
}
