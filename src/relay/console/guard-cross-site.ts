// Refuses what another site makes a browser send. A request that changes something must carry a header that no form can
// set and that a script of another origin may only send after a preflight, which nothing here answers; and the browser
// must say that it comes from this relay's own pages. The cookie's SameSite=Strict is the third guard, not the first.

import { createMiddleware } from 'hono/factory';
import { consoleHeader } from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import type { ConsoleEnv } from './console-env.ts';

const harmless = new Set(['GET', 'HEAD']);

export function guardCrossSite({ issuer }: { issuer: string }) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const { method } = context.req;
    if (!harmless.has(method)) {
      if (context.req.header(consoleHeader) !== '1')
        throw crossSite(`the header ${consoleHeader} is missing`);
      const origin = context.req.header('origin');
      const fromHere =
        origin === undefined ? context.req.header('sec-fetch-site') === 'same-origin' : origin === issuer;
      if (!fromHere) throw crossSite(`it comes from ${origin ?? 'an unknown page'}, not from ${issuer}`);
    }
    await next();
  });
}

function crossSite(why: string): AppError {
  return new AppError('cross-site-request', `the request is not one of the console’s own: ${why}`, {
    hint: 'open the console under the relay’s own address, the issuer in its configuration',
  });
}
