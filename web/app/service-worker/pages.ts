// The open pages of the app, as the worker sees them.

import type { ToPage } from '../worker-messages.ts';
import type { Page, WorkerScope } from './worker-scope.ts';

const home = '/app/';

export async function tellPages({ clients, location }: WorkerScope, message: ToPage): Promise<void> {
  for (const page of await pagesOf({ clients, location })) page.postMessage(message);
}

/** The page that is open comes to the front, or a new one opens. */
export async function bringToFront({ clients, location }: WorkerScope): Promise<void> {
  const [page] = await pagesOf({ clients, location });
  if (page === undefined) await clients.openWindow(home);
  else await page.focus();
}

async function pagesOf({ clients, location }: Pick<WorkerScope, 'clients' | 'location'>): Promise<Page[]> {
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  return pages.filter(({ url }) => url.startsWith(location.origin + home));
}
