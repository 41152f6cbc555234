// Lets only people in who are signed in: sets `session`, and `scope`, through which alone everything else is reached.

import { createMiddleware } from 'hono/factory';
import { AppError } from '../../runtime/errors.ts';
import { clientAddress } from '../../runtime/http/client-address.ts';
import type { SessionCookie } from '../../runtime/http/session-cookie.ts';
import { relayActions } from '../administration/relay-administration.ts';
import type { Administrator } from '../administrators/administrators.ts';
import type { Actor } from '../administrators/audit-log.ts';
import { useSession } from '../administrators/sessions.ts';
import type { ConsoleEnv, ConsoleParts } from './console-env.ts';
import { Scope } from './scope.ts';

export function requireSession(parts: ConsoleParts, cookie: SessionCookie) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const token = cookie.read(context);
    if (token === undefined) throw new AppError('session-missing', 'nobody is signed in');
    const session = await useSession(parts.db, token, parts.clock.now());
    if (session === undefined) throw new AppError('session-invalid', 'the session has ended');
    context.set('session', session);
    context.set(
      'scope',
      scopeOf(parts, session.administrator, clientAddress(context.env.incoming, parts.trusted)),
    );
    await next();
  });
}

function scopeOf(parts: ConsoleParts, administrator: Administrator, address: string): Scope {
  const actor: Actor = { actorKind: 'administrator', actor: administrator.email, address };
  return new Scope({ administrator, actor, actions: relayActions({ ...parts, actor }), db: parts.db });
}
