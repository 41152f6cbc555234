// Refuses a proxy that today's relay no longer understands, and says which version to install.
// Whoever does not say that it is a proxy (a device, an operator's curl) is let through.

import { compareVersions, proxyVersionOf } from '../contract/versions.ts';
import { AppError } from '../runtime/errors.ts';

/** Throws `proxy-too-old`. */
export function assertRecentProxy(userAgent: string | undefined, minimum: string): void {
  const proxyVersion = proxyVersionOf(userAgent);
  if (proxyVersion === undefined || compareVersions(proxyVersion, minimum) >= 0) return;
  throw new AppError(
    'proxy-too-old',
    `this relay takes no proxy older than ${minimum}; yours is ${proxyVersion}`,
    {
      hint: `install Mailbadge ${minimum} or newer on the proxy's machine`,
    },
  );
}
