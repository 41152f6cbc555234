// POST /api/session exchanges a one-time link's token for the cookie; GET tells whether the session lasts; DELETE ends
// it. The cookie goes to /api alone, and to no other site. It is not Secure, as loopback has no TLS.

import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { openConsoleSchema } from '../../contract/console/proxy-console.ts';
import { AppError } from '../../runtime/errors.ts';
import { jsonBody } from '../../runtime/http/json-content.ts';
import type { ConsoleApp, RecordAct } from './console-operation.ts';
import { type ConsoleSessions, sessionLifetimeMs } from './console-sessions.ts';

const path = '/api/session';
const attributes = { path: '/api', httpOnly: true, sameSite: 'Strict' } as const;
const done = { 204: { description: 'Done' } };

const openRoute = createRoute({
  method: 'post',
  path,
  request: { body: jsonBody(openConsoleSchema) },
  responses: done,
});

export function addOpenSession(
  app: ConsoleApp,
  { sessions, recordAct }: { sessions: ConsoleSessions; recordAct: RecordAct },
): void {
  app.openapi(openRoute, async context => {
    const session = await sessions.open(context.req.valid('json').token);
    if (session === undefined) {
      recordAct('link-refused');
      throw new AppError('console-link-invalid', 'the link is unknown, used or too old', {
        hint: 'run "mailbadge proxy console" for a new one',
      });
    }
    recordAct('opened');
    setCookie(context, cookieName(context), session, { ...attributes, maxAge: sessionLifetimeMs / 1000 });
    return context.body(null, 204);
  });
  app.openapi(createRoute({ method: 'get', path, responses: done }), async context => {
    await requireSession(context, sessions);
    return context.body(null, 204);
  });
  app.openapi(createRoute({ method: 'delete', path, responses: done }), async context => {
    const session = sessionCookie(context);
    if (session !== undefined) {
      await sessions.close(session);
      deleteCookie(context, cookieName(context), attributes);
      recordAct('closed');
    }
    return context.body(null, 204);
  });
}

/** Throws `session-missing` or `session-invalid`. */
export async function requireSession(context: Context, sessions: ConsoleSessions): Promise<void> {
  const hint = 'run "mailbadge proxy console" and follow its link';
  const token = sessionCookie(context);
  if (token === undefined) throw new AppError('session-missing', 'the console is not open', { hint });
  if (!(await sessions.isOpen(token))) {
    throw new AppError('session-invalid', 'the console’s session is over', { hint });
  }
}

function sessionCookie(context: Context): string | undefined {
  return getCookie(context, cookieName(context));
}

/** With the port: a browser sends a host's cookies to all its ports. */
function cookieName(context: Context): string {
  return `mailbadge-console-${new URL(context.req.url).port}`;
}
