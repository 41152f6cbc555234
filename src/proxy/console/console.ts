// The console as its listener serves it: the API, the pages, the guard of both, and what they remember.

import { fetchHandler, type RequestHandler } from '../../runtime/http/listener.ts';
import { openStaticPages, pagesFolder } from '../../runtime/http/static-pages.ts';
import type { ProxyEvents } from '../events.ts';
import { type ConsoleAppOptions, createConsoleApp } from './console-app.ts';
import { onlyUnderOwnName } from './console-listener.ts';
import { ConsoleSessions } from './console-sessions.ts';
import { RecentDeliveries } from './recent-deliveries.ts';

export type Console = Disposable & { handle: RequestHandler };

export function createConsole(
  address: { host: string; port: number },
  options: Omit<ConsoleAppOptions, 'recordAct' | 'sessions' | 'deliveries'> & {
    events: Pick<ProxyEvents, 'listen'>;
  },
): Console {
  const deliveries = new RecentDeliveries(options);
  const app = createConsoleApp({ ...options, sessions: new ConsoleSessions(options), deliveries });
  const pages = openStaticPages({ folder: pagesFolder('proxy-console'), prefix: '' });
  return {
    handle: onlyUnderOwnName(address, { api: fetchHandler(app.fetch), pages }),
    [Symbol.dispose]: () => deliveries[Symbol.dispose](),
  };
}
