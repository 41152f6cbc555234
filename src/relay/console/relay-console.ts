// /console of the relay's public listener: the API, and the pages that use it.

import { fetchHandler, type RequestHandler } from '../../runtime/http/listener.ts';
import { openStaticPages, pagesFolder } from '../../runtime/http/static-pages.ts';
import { consoleApiPath, createConsoleApi } from './console-api.ts';
import type { ConsoleParts } from './console-env.ts';

export const consolePath = '/console';

export function createRelayConsole(parts: ConsoleParts): RequestHandler {
  const api = fetchHandler(createConsoleApi(parts).fetch);
  const pages = openStaticPages({ folder: pagesFolder('relay-console'), prefix: consolePath });
  return (request, response) => {
    const handler = isBelow(request.url ?? '', consoleApiPath) ? api : pages;
    handler(request, response);
  };
}

/** Of a request's target, as it came. */
export function isBelow(url: string, path: string): boolean {
  return url.startsWith(path) && ['', '/', '?'].includes(url.charAt(path.length));
}
