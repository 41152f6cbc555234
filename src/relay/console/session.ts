// /session: signing in and out, and who is signed in. Signing in always makes a new session and ends the one that the
// browser came with, so that a cookie planted before is worth nothing after (session fixation).

import type { Context } from 'hono';
import { type SignedIn, signInRequestSchema } from '../../contract/console/relay-console.ts';
import { version } from '../../contract/versions.ts';
import { clientAddress } from '../../runtime/http/client-address.ts';
import type { SessionCookie } from '../../runtime/http/session-cookie.ts';
import type { Administrator } from '../administrators/administrators.ts';
import { endSession, useSession } from '../administrators/sessions.ts';
import type { ConsoleApp, ConsoleEnv, ConsoleParts } from './console-env.ts';
import { readBody } from './read-body.ts';
import { refusalError } from './refusals.ts';
import { requireSession } from './require-session.ts';

export function addSession(app: ConsoleApp, parts: ConsoleParts, cookie: SessionCookie): void {
  const { db, clock, config, signIn, trusted } = parts;

  app.post('/session', async context => {
    const request = await readBody(context, signInRequestSchema);
    const result = await signIn.signIn(request, {
      address: clientAddress(context.env.incoming, trusted),
      userAgent: context.req.header('user-agent') ?? null,
    });
    if (result.kind !== 'signed-in') throw refusalError(result);
    await endCurrent(context);
    cookie.give(context, result.token);
    return context.json(describe(result.administrator));
  });

  app.get('/session', requireSession(parts, cookie), context =>
    context.json(describe(context.get('scope').administrator)),
  );

  app.delete('/session', async context => {
    await endCurrent(context);
    cookie.take(context);
    return context.body(null, 204);
  });

  async function endCurrent(context: Context<ConsoleEnv>): Promise<void> {
    const token = cookie.read(context);
    const session = token === undefined ? undefined : await useSession(db, token, clock.now());
    if (session !== undefined) await endSession(db, session.tokenHash);
  }

  function describe({ id, email, role, organizationId, organization, totp }: Administrator): SignedIn {
    return {
      id,
      email,
      role,
      organization: organizationId === null ? null : { id: organizationId, domain: organization ?? '' },
      totp,
      relay: { issuer: config.issuer, version },
    };
  }
}
