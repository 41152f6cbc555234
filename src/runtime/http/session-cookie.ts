// The cookie of a session: HttpOnly, and sent by no other site's doing (SameSite=Strict). `__Host-` (RFC 6265bis
// §4.1.3.2) lets nobody but this very host set it, over https alone, so that a neighbouring subdomain cannot plant one.
// How long a session lasts, the server's database says.

import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Secret } from '../secrets.ts';

export class SessionCookie {
  readonly #name: string;
  readonly #options: { path: string; secure: boolean; httpOnly: true; sameSite: 'Strict' };

  /** `url`: where browsers reach the service. At an http one (the demo, tests) the cookie cannot be Secure. */
  constructor({ name, url }: { name: string; url: string }) {
    const secure = url.startsWith('https:');
    this.#name = secure ? `__Host-${name}` : name;
    this.#options = { path: '/', secure, httpOnly: true, sameSite: 'Strict' };
  }

  read(context: Context): string | undefined {
    return getCookie(context, this.#name);
  }

  /** Without `maxAgeMs` it ends with the browser. */
  give(context: Context, token: Secret, { maxAgeMs }: { maxAgeMs?: number } = {}): void {
    const lasting = maxAgeMs === undefined ? {} : { maxAge: Math.floor(maxAgeMs / 1000) };
    setCookie(context, this.#name, token.reveal(), { ...this.#options, ...lasting });
  }

  take(context: Context): void {
    deleteCookie(context, this.#name, this.#options);
  }
}
