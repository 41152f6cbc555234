// What the relay's public listener answers: the token endpoint, the console, and the API.

import { relayVersionHeader, version } from '../contract/versions.ts';
import type { RequestHandler } from '../runtime/http/listener.ts';
import { strictTransport } from '../runtime/http/strict-transport.ts';
import { consolePath, isBelow } from './console/relay-console.ts';
import { tokenPath } from './oauth/metadata.ts';

/** The token endpoint is a library's; everything else is ours. */
export function publicHandler({
  issuer,
  token,
  api,
  console,
}: {
  issuer: string;
  token: RequestHandler;
  api: RequestHandler;
  console: RequestHandler | undefined;
}): RequestHandler {
  const everywhere = strictTransport(issuer);
  everywhere.set(relayVersionHeader, version);
  return (request, response) => {
    response.setHeaders(everywhere);
    const { method, url = '' } = request;
    if (console !== undefined && isBelow(url, consolePath)) console(request, response);
    else if (method === 'POST' && isAt(url, tokenPath)) token(request, response);
    else api(request, response);
  };
}

function isAt(url: string, path: string): boolean {
  return url.split('?', 1)[0] === path;
}
