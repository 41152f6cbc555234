import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShell } from './shell.ts';

const origin = 'https://push.fabrikam.com';

class MemoryCache {
  readonly kept = new Map<string, string>();
  readonly reloaded: string[] = [];

  async addAll(requests: Request[]): Promise<void> {
    for (const { url, cache } of requests) {
      if (cache === 'reload') this.reloaded.push(url);
      this.kept.set(new URL(url).pathname, `kept ${new URL(url).pathname}`);
    }
  }

  async match(path: string): Promise<Response | undefined> {
    const text = this.kept.get(path);
    return text === undefined ? undefined : new Response(text);
  }
}

function shellOn(network: (request: Request) => Promise<Response>) {
  const stored = new Map<string, MemoryCache>();
  const caches = {
    open: async (name: string) => {
      const cache = stored.get(name) ?? new MemoryCache();
      stored.set(name, cache);
      return cache as unknown as Cache;
    },
    keys: async () => [...stored.keys()],
    delete: async (name: string) => stored.delete(name),
  };
  const files = ['/app/', '/app/assets/app-1.js'];
  return { stored, caches, shell: createShell({ caches, fetch: network, origin, version: '2', files }) };
}

const online = async () => new Response('fresh');
const offline = async () => {
  throw new TypeError('Failed to fetch');
};

function navigation(path: string): Request {
  // A page may not make a request of this mode, so a test cannot either.
  return Object.defineProperty(new Request(origin + path), 'mode', { value: 'navigate' });
}

test('installed, it keeps the files, fetched anew; activated, it drops what other versions kept', async () => {
  const { shell, stored, caches } = shellOn(online);
  await caches.open('mailbadge-1');
  await caches.open('of-somebody-else');
  await shell.keep();
  await shell.dropOthers();
  assert.deepEqual([...stored.keys()], ['of-somebody-else', 'mailbadge-2']);
  assert.equal(stored.get('mailbadge-2')?.reloaded.length, 2);
});

test('pages come from the network while there is one, else from what is kept, whatever their address', async () => {
  const up = shellOn(online);
  await up.shell.keep();
  assert.equal(await (await up.shell.answer(navigation('/app/')))?.text(), 'fresh');
  const down = shellOn(offline);
  await down.shell.keep();
  assert.equal(await (await down.shell.answer(navigation('/app/devices?x=1')))?.text(), 'kept /app/');
  const broken = shellOn(async () => new Response('bad gateway', { status: 502 }));
  await broken.shell.keep();
  assert.equal(await (await broken.shell.answer(navigation('/app/')))?.text(), 'kept /app/');
});

test('a network that does not answer is no better than none; with nothing kept it is waited for', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const network = Promise.withResolvers<Response>();
  const { shell } = shellOn(() => network.promise);
  const waiting = shell.answer(navigation('/app/'));
  await shell.keep();
  const answered = shell.answer(navigation('/app/'));
  t.mock.timers.tick(4000);
  assert.equal(await (await answered)?.text(), 'kept /app/');
  const empty = shellOn(() => network.promise);
  const asked = empty.shell.answer(navigation('/app/'));
  t.mock.timers.tick(4000);
  network.resolve(new Response('late'));
  assert.equal(await (await asked)?.text(), 'late');
  assert.equal(await (await waiting)?.text(), 'kept /app/');
});

test('a storage that is broken is no reason to show nothing while there is a network', async () => {
  const caches = {
    open: () => Promise.reject(new DOMException('broken', 'UnknownError')),
    keys: async () => [],
    delete: async () => false,
  };
  const shell = createShell({ caches, fetch: online, origin, version: '2', files: [] });
  for (const request of [navigation('/app/'), new Request(`${origin}/app/assets/app-1.js`)])
    assert.equal(await (await shell.answer(request))?.text(), 'fresh');
});

test('with neither network nor anything kept, the browser says so itself', async () => {
  const { shell } = shellOn(offline);
  assert.equal((await shell.answer(navigation('/app/')))?.type, 'error');
});

test('assets come from what is kept, others from the network', async () => {
  const { shell } = shellOn(online);
  await shell.keep();
  const text = async (path: string) => (await shell.answer(new Request(origin + path)))?.text();
  assert.equal(await text('/app/assets/app-1.js'), 'kept /app/assets/app-1.js');
  assert.equal(await text('/app/assets/app-2.js'), 'fresh');
});

test('the API, other origins and everything that is no GET are left alone', () => {
  const { shell } = shellOn(online);
  for (const request of [
    new Request(`${origin}/v1/messages`),
    new Request(`${origin}/v1/app`),
    new Request('https://relay.example.com/app/assets/app-1.js'),
    new Request(`${origin}/app/`, { method: 'POST' }),
    new Request(`${origin}/app`),
  ])
    assert.equal(shell.answer(request), undefined);
});
