// What the console's listener answers: the API, and the pages. Only under its own name: a foreign name that resolves to
// this machine (DNS rebinding) would make another site's page, to a browser, the console's own.

import type { RequestHandler } from '../../runtime/http/listener.ts';

export function onlyUnderOwnName(
  { host, port }: { host: string; port: number },
  { api, pages }: { api: RequestHandler; pages: RequestHandler },
): RequestHandler {
  const names = new Set([consoleHost({ host, port }), `localhost:${port}`]);
  return (request, response) => {
    if (!names.has(request.headers.host ?? '')) {
      // RFC 9110 §15.5.20
      response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      response.end('This is the console of a Mailbadge proxy, and answers under its own address only.\n');
      return;
    }
    const isApi = /^\/api([/?]|$)/.test(request.url ?? '');
    (isApi ? api : pages)(request, response);
  };
}

/** As a browser names it. */
export function consoleHost({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
