// A console's built pages, over a real socket: what is there is served strictly, and nothing else is in any spelling.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SystemClock } from '../../src/runtime/clock.ts';
import { HttpListener } from '../../src/runtime/http/listener.ts';
import { openStaticPages } from '../../src/runtime/http/static-pages.ts';

const secret = 'what lies beside the pages';

async function servePages(t: TestContext): Promise<number> {
  const parent = await mkdtemp(join(tmpdir(), 'mailbadge-pages-'));
  const folder = join(parent, 'pages');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(parent, 'relay.key'), secret);
  await writeFile(join(parent, 'beside.html'), secret);
  await writeFile(join(folder, '.env.json'), secret);
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(folder, 'assets', 'main-1a2b3c.js'), 'export {};');
  t.after(() => rm(parent, { recursive: true }));
  return listen(t, folder);
}

async function listen(t: TestContext, folder: string): Promise<number> {
  const handler = openStaticPages({ folder, prefix: '/console' });
  const listener = await HttpListener.open({ host: '127.0.0.1', port: 0 }, handler, {
    clock: new SystemClock(),
  });
  t.after(() => listener[Symbol.asyncDispose]());
  return listener.port;
}

/** As it stands: `fetch` would tidy the path up. */
function rawGet(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    connect(port, '127.0.0.1')
      .setEncoding('utf8')
      .on('data', (part: string) => {
        text += part;
      })
      .once('error', reject)
      .once('close', () => resolve(text))
      .write(`GET ${path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n`);
  });
}

test('the index answers for every route of the page, and is asked for anew; assets are kept', async t => {
  const base = `http://127.0.0.1:${await servePages(t)}/console`;
  for (const path of ['', '/', '/index.html', '/organizations/2b1c-44/credentials', '/keys?x=1.js']) {
    const response = await fetch(base + path);
    assert.equal(response.status, 200, path);
    assert.match(await response.text(), /<title>console/);
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  }
  const script = await fetch(`${base}/assets/main-1a2b3c.js`);
  assert.equal(await script.text(), 'export {};');
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
});

test('nothing from elsewhere may run, frame or be framed', async t => {
  const { headers } = await fetch(`http://127.0.0.1:${await servePages(t)}/console`);
  const policy = headers.get('content-security-policy') ?? '';
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]) {
    assert.ok(policy.split('; ').includes(rule), rule);
  }
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
});

test('HEAD and conditional requests get no body', async t => {
  const url = `http://127.0.0.1:${await servePages(t)}/console`;
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const etag = head.headers.get('etag') ?? '';
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const response = await fetch(url, { headers: { 'if-none-match': known } });
    assert.equal(response.status, 304, known);
    assert.equal(response.headers.get('etag'), etag);
  }
  assert.equal((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status, 200);
});

test('no spelling of a path leaves the folder, lists it, or shows what is hidden in it', async t => {
  const port = await servePages(t);
  for (const path of [
    '/console/../relay.key',
    '/console/..%2frelay.key',
    '/console/%2e%2e/beside.html',
    '/console/..%5cbeside.html',
    '/console/..\\beside.html',
    '/console/assets/../../beside.html',
    '/console//beside.html',
    '/console/.env.json',
    '/console/%2eenv.json',
    '/console/assets/.',
    '/console/index.html%00.js',
    '/console/missing.js',
    '/consolexindex.html',
    'http://relay/console/../relay.key',
  ]) {
    const answer = await rawGet(port, path);
    assert.match(answer, /^HTTP\/1\.1 404 /, path);
    assert.ok(!answer.includes(secret), path);
  }
  assert.match(await rawGet(port, '/console/assets/'), /<title>console/); // a route, no listing
});

test('only reading is possible', async t => {
  const response = await fetch(`http://127.0.0.1:${await servePages(t)}/console`, { method: 'POST' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET, HEAD');
});

test('pages that are not built say so', async t => {
  const port = await listen(t, join(tmpdir(), 'mailbadge-no-such-pages'));
  const response = await fetch(`http://127.0.0.1:${port}/console/`);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /npm run build:web/);
});
