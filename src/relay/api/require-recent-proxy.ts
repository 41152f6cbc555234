// Refuses a proxy that today's relay no longer understands, and says which version to install.
// Whoever does not say that it is a proxy (a device, an operator's curl) is let through.

import { createMiddleware } from 'hono/factory';
import { compareVersions, minimumProxyVersion, proxyVersionOf } from '../../contract/versions.ts';
import { AppError } from '../../runtime/errors.ts';

export function requireRecentProxy(minimum: string = minimumProxyVersion) {
  return createMiddleware(async (context, next) => {
    const proxyVersion = proxyVersionOf(context.req.header('user-agent'));
    if (proxyVersion !== undefined && compareVersions(proxyVersion, minimum) < 0) {
      throw new AppError(
        'proxy-too-old',
        `this relay takes no proxy older than ${minimum}; yours is ${proxyVersion}`,
        {
          hint: `install Mailbadge ${minimum} or newer on the proxy's machine`,
        },
      );
    }
    await next();
  });
}
