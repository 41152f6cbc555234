// What a browser's storage does wrong, on a storage of the test's own: it never answers, or fails when it commits.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openStateStore } from './state.ts';

type Failing = { at?: 'put' | 'commit' };

/** An IndexedDB of one store; its requests are settled in order, as soon as somebody can listen. */
class Databases {
  readonly kept = new Map<string, unknown>();
  opened = 0;
  closed = 0;
  puts = 0;
  readonly #failing: Failing;

  constructor(failing: Failing = {}) {
    this.#failing = failing;
  }

  get factory(): IDBFactory {
    return { open: () => this.#open() } as unknown as IDBFactory;
  }

  #open(): EventTarget {
    this.opened += 1;
    const close = () => {
      this.closed += 1;
    };
    return request(() => ({ transaction: () => this.#transaction(), close }));
  }

  #transaction(): unknown {
    const transaction = Object.assign(new EventTarget(), { error: null as unknown });
    const changes = new Map(this.kept);
    const end = (): void => {
      if (this.#failing.at === undefined) {
        for (const [key, value] of changes) this.kept.set(key, value);
        transaction.dispatchEvent(new Event('complete'));
      } else {
        transaction.error = new DOMException('no room', 'QuotaExceededError');
        transaction.dispatchEvent(new Event('abort'));
      }
    };
    setImmediate(() => setImmediate(() => setImmediate(end)));
    const objectStore = () => ({
      get: (key: string) => request(() => changes.get(key)),
      put: (value: unknown, key: string) =>
        request(() => {
          this.puts += 1;
          if (this.#failing.at === 'put') throw new DOMException('no room', 'QuotaExceededError');
          changes.set(key, value);
        }),
    });
    return Object.assign(transaction, { objectStore });
  }
}

function request(answer: () => unknown): EventTarget {
  const asked = Object.assign(new EventTarget(), { result: undefined as unknown, error: null as unknown });
  setImmediate(() => {
    try {
      asked.result = answer();
      asked.dispatchEvent(new Event('success'));
    } catch (error) {
      asked.error = error;
      asked.dispatchEvent(new Event('error'));
    }
  });
  return asked;
}

test('what is changed is kept, what only reads writes nothing, and every database is closed', async () => {
  const databases = new Databases();
  const store = openStateStore(databases.factory);
  const { installationId } = await store.read();
  assert.equal((await store.read()).installationId, installationId, 'made once');
  await store.update(() => ({ sessionEnded: true }));
  assert.equal((await store.read()).sessionEnded, true);
  assert.equal(databases.puts, 2, 'the first record, and the change');
  assert.deepEqual([databases.opened, databases.closed], [4, 4]);
});

test('a member that an older version did not know has its first value', async () => {
  const databases = new Databases();
  databases.kept.set('app', { installationId: 'i', language: 'zh-Hans' });
  const { installationId, language, last } = await openStateStore(databases.factory).read();
  assert.deepEqual([installationId, language, last], ['i', 'zh-Hans', null]);
});

for (const at of ['put', 'commit'] as const) {
  test(`a disk that is full at the ${at} fails the change, and nothing of it is kept`, async () => {
    const databases = new Databases({ at });
    const changing = openStateStore(databases.factory).update(() => ({ sessionEnded: true }));
    await assert.rejects(changing, { name: 'QuotaExceededError' });
    assert.deepEqual([databases.kept.size, databases.closed], [0, 1]);
  });
}

test('a database that never opens is given up; if it opens after all, it is closed', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const opening = Object.assign(new EventTarget(), { result: { close: t.mock.fn() }, error: null });
  const store = openStateStore({ open: () => opening } as unknown as IDBFactory);
  const reading = store.read();
  t.mock.timers.tick(4999);
  t.mock.timers.tick(1);
  await assert.rejects(reading, { name: 'TimeoutError' });
  opening.dispatchEvent(new Event('success'));
  await new Promise(resolve => setImmediate(resolve));
  assert.equal(opening.result.close.mock.callCount(), 1);
});
