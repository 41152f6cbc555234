// The app without a network: its pages and scripts, kept when the worker was installed. What the proxy's API answers is
// never kept, nor touched.

declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

const prefix = 'mailbadge-';
const home = '/app/';
/** A network that is there but does not answer is no better than none. */
const patienceMs = 4000;

export type Shell = {
  keep(): Promise<void>;
  dropOthers(): Promise<void>;
  /** Undefined: none of the app's, the browser fetches it as if there were no worker. */
  answer(request: Request): Promise<Response> | undefined;
};

export function createShell({
  caches,
  fetch,
  origin,
  version = __VERSION__,
  files = __PRECACHE__,
}: {
  caches: Pick<CacheStorage, 'open' | 'keys' | 'delete'>;
  fetch: (request: Request) => Promise<Response>;
  origin: string;
  version?: string;
  files?: readonly string[];
}): Shell {
  const name = prefix + version;

  /** A storage that is broken is no reason to show nothing while there is a network. */
  async function kept(path: string): Promise<Response | undefined> {
    try {
      return await (await caches.open(name)).match(path, { ignoreSearch: true });
    } catch {
      return undefined;
    }
  }

  /** Any page of the app is the same document. */
  async function page(request: Request): Promise<Response> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<undefined>(resolve => {
      timer = setTimeout(resolve, patienceMs, undefined);
    });
    const fetching = fetch(request).catch(() => undefined);
    const fresh = await Promise.race([fetching, patience]);
    clearTimeout(timer);
    if (fresh !== undefined && fresh.status < 500) return fresh;
    return (await kept(home)) ?? (await fetching) ?? Response.error();
  }

  return {
    async keep() {
      const cache = await caches.open(name);
      await cache.addAll(files.map(path => new Request(new URL(path, origin), { cache: 'reload' })));
    },
    async dropOthers() {
      const others = (await caches.keys()).filter(other => other.startsWith(prefix) && other !== name);
      await Promise.all(others.map(other => caches.delete(other)));
    },
    answer(request) {
      const url = new URL(request.url);
      if (request.method !== 'GET' || url.origin !== origin || !url.pathname.startsWith(home))
        return undefined;
      if (request.mode === 'navigate') return page(request);
      return kept(url.pathname).then(found => found ?? fetch(request));
    },
  };
}
