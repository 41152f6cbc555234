// The web app for devices as their listener serves it, under /app/: beside the API that it calls, so that its session
// can be a cookie that no other site sends. Its pages may speak to this proxy and to the relay, where a device registers
// its push target, and to nobody else.

import type { RequestHandler } from '../runtime/http/listener.ts';
import { openStaticPages } from '../runtime/http/static-pages.ts';

const prefix = '/app';
/**
 * A browser keeps a worker's policy for as long as its script stays the same (Service Workers §4.4): one that names the
 * relay would outlive a change of relay, and lock out the new one.
 */
const worker = 'service-worker.js';

export type WebAppPages = {
  /** Whether the request is the web app's. */
  has(url: string): boolean;
  handle: RequestHandler;
};

export function openWebAppPages({
  folder,
  name,
  relayUrl,
}: {
  folder: string;
  /** What stands under its icon. */
  name: string;
  /** Undefined while the proxy is not connected. */
  relayUrl(): string | undefined;
}): WebAppPages {
  const pages = openStaticPages({
    folder,
    prefix,
    policy: path => ({
      'connect-src': ["'self'", ...(path === worker ? ['https:'] : []), ...originsOf(relayUrl())].join(' '),
      'worker-src': "'self'",
      'manifest-src': "'self'",
    }),
    rewrite: {
      'manifest.webmanifest': text => manifestFor(name, text),
      'index.html': text => named(name, text),
    },
  });
  return {
    has: url => /^\/(app([/?]|$)|\?|$)/.test(url),
    handle: (request, response) => {
      const [path] = (request.url ?? '').split('?', 1);
      if (path === '/' || path === prefix) {
        // The service worker's scope is /app/: a page at /app would not be its own.
        response.writeHead(302, { location: `${prefix}/`, 'cache-control': 'no-store' }).end();
      } else pages(request, response);
    },
  };
}

/** iOS takes the name on the Home Screen from here, before the manifest; the app shows it before anything has answered. */
function named(name: string, text: string): string {
  const escaped = name.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
  return text.replace(/(?<=<meta name="apple-mobile-web-app-title" content=")[^"]*/, () => escaped);
}

/** The build knows the icons and colours; the name is the organization's. */
function manifestFor(name: string, text: string): string {
  const built = JSON.parse(text) as Record<string, unknown>;
  const own = { id: `${prefix}/`, start_url: `${prefix}/`, scope: `${prefix}/`, display: 'standalone' };
  return JSON.stringify({ lang: 'en', ...built, ...own, name, short_name: name });
}

function originsOf(url: string | undefined): string[] {
  return url === undefined ? [] : [new URL(url).origin];
}
