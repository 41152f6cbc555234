// The cookie of a session. `__Host-` (RFC 6265bis §4.1.3.2) lets nobody but this very host set it, over https alone, so
// that a neighbouring subdomain cannot plant one. It ends with the browser; the session itself ends by the database.

import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Secret } from '../../runtime/secrets.ts';
import type { ConsoleEnv } from './console-env.ts';

export class SessionCookie {
  readonly #name: string;
  readonly #options: { path: string; secure: boolean; httpOnly: true; sameSite: 'Strict' };

  /** An http issuer (the demo, tests) cannot have a Secure cookie. */
  constructor({ issuer }: { issuer: string }) {
    const secure = issuer.startsWith('https:');
    this.#name = secure ? '__Host-mailbadge-console' : 'mailbadge-console';
    this.#options = { path: '/', secure, httpOnly: true, sameSite: 'Strict' };
  }

  read(context: Context<ConsoleEnv>): string | undefined {
    return getCookie(context, this.#name);
  }

  give(context: Context<ConsoleEnv>, token: Secret): void {
    setCookie(context, this.#name, token.reveal(), this.#options);
  }

  take(context: Context<ConsoleEnv>): void {
    deleteCookie(context, this.#name, this.#options);
  }
}
