// Lets a request pass only with a live session, and puts the session into its context. A bearer token is sent by its
// app alone. A cookie is sent by the browser whoever asks it to, so such a request must come from the proxy's own page.

import type { Context, MiddlewareHandler } from 'hono';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { SessionCookie } from '../../../runtime/http/session-cookie.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceEnv, DeviceSession } from '../device-app.ts';
import type { CookieTokens } from './cookie-tokens.ts';
import type { DeviceOfMailbox, Sessions } from './sessions.ts';

export type SessionCollaborators = {
  clock: Clock;
  sessions: Sessions;
  cookieTokens: CookieTokens;
  cookie: SessionCookie;
  subscriptions: Pick<Subscriptions, 'endDevice'>;
  /** Of the proxy, as browsers know it. */
  publicOrigin: string;
};

export function requireSession(collaborators: SessionCollaborators): MiddlewareHandler<DeviceEnv> {
  const { clock, sessions, cookieTokens, cookie, publicOrigin } = collaborators;

  async function byBearer(header: string): Promise<DeviceSession> {
    const token = /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(header)?.[1]; // RFC 6750 §2.1
    const session = token === undefined ? undefined : await sessions.find(token);
    if (session === undefined) throw ended();
    return session;
  }

  async function byCookie(context: Context<DeviceEnv>, token: string) {
    assertOwnPage(context, publicOrigin);
    const use = await cookieTokens.find(token);
    if (use.kind === 'unknown') throw ended();
    if (use.kind === 'stolen') {
      if (use.device !== undefined) await endStolen(use.device, collaborators);
      throw new AppError('session-stolen', 'the session was used from two places, and has ended for both', {
        hint: 'sign in again; if it happens again, change the password of the mailbox',
      });
    }
    return use;
  }

  return async (context, next) => {
    const header = context.req.header('authorization');
    const token = cookie.read(context);
    if (header !== undefined) {
      context.set('session', await byBearer(header));
      await next();
      return;
    }
    if (token === undefined) {
      throw new AppError('session-missing', 'this operation needs a session', {
        hint: 'sign in with POST /v1/sessions and send "Authorization: Bearer <session>", or its cookie',
      });
    }
    const { session, newToken } = await byCookie(context, token);
    context.set('session', session);
    await next();
    const decided = context.res.headers.has('set-cookie'); // signed out
    if (newToken === undefined || decided) return;
    cookie.give(context, newToken, { maxAgeMs: session.expiresAt - clock.now() });
  };
}

/**
 * Throws `cross-site-request` when another site's page makes the browser send this. The browser says so itself (Fetch
 * Metadata); an old one, or one that takes http for no secure place, names at least the origin of what changes something.
 */
export function assertOwnPage({ req }: Context<DeviceEnv>, publicOrigin: string): void {
  const site = req.header('sec-fetch-site');
  const own =
    site === undefined
      ? req.method === 'GET' || req.header('origin') === publicOrigin
      : site === 'same-origin';
  if (own) return;
  throw new AppError('cross-site-request', "the request does not come from the proxy's own page", {
    hint: `with a session in a cookie the page and the API must both be at ${publicOrigin}; other apps send a bearer token`,
  });
}

/**
 * Nobody can tell the thief from the owner: both must sign in. The device's subscriptions end too, before the session:
 * whoever had the session may have brought previews of the mailbox to a device of their own.
 */
async function endStolen(
  device: DeviceOfMailbox,
  { sessions, subscriptions }: Pick<SessionCollaborators, 'sessions' | 'subscriptions'>,
): Promise<void> {
  const { mailboxId, installationId } = device;
  await subscriptions.endDevice({ mailboxId, installationId, reason: 'session-stolen' });
  await sessions.end(device, 'stolen');
}

function ended(): AppError {
  return new AppError('session-invalid', 'the session has ended or never was', {
    hint: 'sign in again: a session ends after 90 days, with the mailbox’s password, and when its person signs out or removes the device',
  });
}
