// What the browser is asked, and what becomes of its service worker, on a window of the test's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBrowser } from './browser.ts';

type WorkerState = 'installing' | 'installed' | 'activating' | 'activated' | 'redundant';

/** A registration whose worker a test moves through its states. */
class Registration {
  readonly pushManager = {};
  readonly told: unknown[] = [];
  readonly #worker = Object.assign(new EventTarget(), {
    state: 'installing' as WorkerState,
    postMessage: (message: unknown) => void this.told.push(message),
  });

  get installing() {
    return ['installing'].includes(this.#worker.state) ? this.#worker : null;
  }

  get waiting() {
    return ['installed'].includes(this.#worker.state) ? this.#worker : null;
  }

  get active() {
    return ['activating', 'activated'].includes(this.#worker.state) ? this.#worker : null;
  }

  become(state: WorkerState): void {
    this.#worker.state = state;
    this.#worker.dispatchEvent(new Event('statechange'));
  }
}

function browserWith({
  register,
  navigator = {},
  page = {},
}: {
  register?: (url: string) => Promise<unknown>;
  navigator?: Record<string, unknown>;
  page?: Record<string, unknown>;
}) {
  const window = {
    navigator: { ...(register && { serviceWorker: { register } }), ...navigator },
    matchMedia: () => ({ matches: false }),
    ...page,
  };
  return readBrowser(window as unknown as Window & typeof globalThis, {
    workerUrl: '/app/service-worker.js',
  });
}

test('what needs the worker waits until it is active', async () => {
  const registration = new Registration();
  const browser = browserWith({ register: async () => registration });
  const pushing = browser.push();
  let settled = false;
  void pushing.then(() => {
    settled = true;
  });
  await new Promise(resolve => setImmediate(resolve));
  registration.become('installed');
  await new Promise(resolve => setImmediate(resolve));
  assert.equal(settled, false);
  registration.become('activating');
  assert.equal(await pushing, registration.pushManager);
  await browser.tellWorker({ kind: 'badge-known', iconId: 'i', badge: 1, rev: 1 });
  assert.equal(registration.told.length, 1);
});

test('a worker that is active already is not waited for', async () => {
  const registration = new Registration();
  registration.become('activated');
  assert.equal(await browserWith({ register: async () => registration }).push(), registration.pushManager);
});

test('a worker that the browser gives up fails what needs it, at once and not for ever', async () => {
  const registration = new Registration();
  const browser = browserWith({ register: async () => registration });
  await new Promise(resolve => setImmediate(resolve));
  registration.become('redundant'); // no room for what it keeps
  await assert.rejects(browser.push(), DOMException);

  const refused = browserWith({ register: () => Promise.reject(new TypeError('refused')) });
  await assert.rejects(refused.push(), TypeError);
  await assert.rejects(browserWith({}).push(), DOMException);
});

test('an iPhone gives push to what stands on its Home Screen, and says so by leaving it out elsewhere', () => {
  const register = async () => new Registration();
  const notifications = { Notification: { permission: 'default' }, PushManager: class {} };
  assert.equal(browserWith({ register, page: notifications }).obstacle(), undefined);
  assert.equal(browserWith({ register }).obstacle(), 'push-unsupported');
  assert.equal(browserWith({ register, navigator: { standalone: false } }).obstacle(), 'not-installed');
  const blocked = { ...notifications, Notification: { permission: 'denied' } };
  assert.equal(browserWith({ register, page: blocked }).obstacle(), 'permission-denied');
  assert.equal(browserWith({ register, navigator: { standalone: true } }).standalone(), true);
});
