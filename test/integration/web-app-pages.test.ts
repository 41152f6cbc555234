// The web app as devices get it: under its name, beside the API, and allowed to speak to its proxy and relay alone.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openWebAppPages } from '../../src/proxy/web-app-pages.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { HttpListener } from '../../src/runtime/http/listener.ts';
import { startDeviceApi } from '../fixtures/device-api.ts';

const built = {
  name: 'Mailbadge',
  short_name: 'Mailbadge',
  start_url: '/somewhere/',
  theme_color: '#1f5bbd',
  icons: [{ src: '/app/icons/icon-192.png', sizes: '192x192', type: 'image/png' }],
};

const index =
  '<!doctype html><meta name="apple-mobile-web-app-title" content="Mailbadge" /><title>app</title>';

async function serve(t: TestContext, relay: { url: string | undefined }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-app-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), index);
  await writeFile(join(folder, 'assets', 'main-1a2b.js'), 'export {};');
  await writeFile(join(folder, 'service-worker.js'), "self.addEventListener('push', () => {});");
  await writeFile(join(folder, 'manifest.webmanifest'), JSON.stringify(built));
  const pages = openWebAppPages({ folder, name: 'Fabrikam </script> 邮件', relayUrl: () => relay.url });
  const listener = await HttpListener.open({ host: '127.0.0.1', port: 0 }, pages.handle, {
    clock: new SystemClock(),
  });
  t.after(() => listener[Symbol.asyncDispose]());
  return `http://127.0.0.1:${listener.port}`;
}

test('the pages may speak to their own proxy and to the relay, as soon as there is one, and to nobody else', async t => {
  const relay: { url: string | undefined } = { url: undefined };
  const base = await serve(t, relay);
  const policy = async () =>
    ((await fetch(`${base}/app/`)).headers.get('content-security-policy') ?? '').split('; ');
  assert.ok((await policy()).includes("connect-src 'self'"));
  relay.url = 'https://relay.example.com/v1';
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self' https://relay.example.com",
    "worker-src 'self'",
    "manifest-src 'self'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
  ]) {
    assert.ok((await policy()).includes(rule), rule);
  }
  assert.doesNotMatch((await policy()).join(), /unsafe|\*/);
});

test('a worker that was installed before the proxy had its relay may speak to the relay of later', async t => {
  const base = await serve(t, { url: undefined });
  const { headers } = await fetch(`${base}/app/service-worker.js`);
  assert.match(headers.get('content-security-policy') ?? '', /connect-src 'self' https:;/);
});

test('the document has its name where iOS looks for it, as text', async t => {
  const base = await serve(t, { url: undefined });
  const document = await (await fetch(`${base}/app/`)).text();
  assert.match(document, /apple-mobile-web-app-title" content="Fabrikam &#60;\/script&#62; 邮件"/);
});

test('the service worker and the manifest are asked for anew each time; what carries a hash is kept', async t => {
  const base = await serve(t, { url: undefined });
  for (const [path, type] of [
    ['service-worker.js', 'text/javascript; charset=utf-8'],
    ['manifest.webmanifest', 'application/manifest+json'],
    ['devices', 'text/html; charset=utf-8'],
  ]) {
    const { headers, status } = await fetch(`${base}/app/${path}`);
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), type);
    assert.equal(headers.get('cache-control'), 'no-cache');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
  const asset = await fetch(`${base}/app/assets/main-1a2b.js`);
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
});

test('the manifest has the name of the configuration, and the icons and colours of the build', async t => {
  const base = await serve(t, { url: undefined });
  const manifest = await (await fetch(`${base}/app/manifest.webmanifest`)).json();
  const name = 'Fabrikam </script> 邮件';
  assert.deepEqual(manifest, {
    ...built,
    lang: 'en',
    id: '/app/',
    start_url: '/app/',
    scope: '/app/',
    display: 'standalone',
    name,
    short_name: name,
  });
});

test('the root and /app lead to /app/, where the service worker’s scope is', async t => {
  const base = await serve(t, { url: undefined });
  for (const path of ['/', '/app', '/?from=bookmark', '/app?x=/../..']) {
    const answer = await fetch(base + path, { redirect: 'manual' });
    assert.equal(answer.status, 302, path);
    assert.equal(answer.headers.get('location'), '/app/');
  }
});

test('the API answers beside the web app, and everything else is not there', async () => {
  await using api = await startDeviceApi();
  const root = await fetch(`${api.url}/`, { redirect: 'manual' });
  assert.equal(root.headers.get('location'), '/app/');
  const app = await fetch(`${api.url}/app/`);
  assert.equal([200, 503].includes(app.status), true, 'the pages, or that they are not built');
  assert.match(app.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const described = await api.call('GET', '/v1/app');
  assert.deepEqual(described.json.name, 'Mailbadge');
  for (const path of ['/application', '/apps/', '/app%2f', '/index.html', '/APP/']) {
    assert.equal((await api.call('GET', path)).json.code, 'not-found', path);
  }
  for (const answer of [root, app, described]) {
    assert.match(answer.headers.get('strict-transport-security') ?? '', /^max-age=\d{8}$/);
  }
});

test('a proxy without the web app has no pages; one that is reached by http demands no https', async () => {
  await using api = await startDeviceApi({
    config: { public_url: 'http://push.fabrikam.test', web_app: { enabled: false } },
  });
  for (const path of ['/', '/app', '/app/', '/app/service-worker.js']) {
    const { status, headers, json } = await api.call('GET', path);
    assert.equal(status, 404, path);
    assert.equal(json.code, 'not-found');
    assert.equal(headers.has('strict-transport-security'), false);
  }
});
