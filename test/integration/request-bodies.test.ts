// Bodies as real clients send them: with a declared length, in chunks, without any, too large, cut off.

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { SystemClock } from '../../src/runtime/clock.ts';
import { createApiApp } from '../../src/runtime/http/api-app.ts';
import { fetchHandler, HttpListener } from '../../src/runtime/http/listener.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';

let listener: HttpListener;

before(async () => {
  const app = createApiApp({ logger: silentLogger, random: systemRandom, bodyBytes: 100 });
  app.all('/echo', async context => context.text(await context.req.text()));
  listener = await HttpListener.open({ host: '127.0.0.1', port: 0 }, fetchHandler(app.fetch), {
    clock: new SystemClock(),
  });
});
after(() => listener[Symbol.asyncDispose]());

function send(
  method: string,
  { chunks = [], headers = {} }: { chunks?: string[]; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port: listener.port, method, path: '/echo', headers });
    outgoing.once('response', incoming => {
      const { statusCode: status } = incoming;
      incoming.toArray().then(parts => resolve({ status, body: Buffer.concat(parts).toString() }), reject);
    });
    outgoing.on('error', reject);
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}

test('a body arrives whole, declared or in chunks', async () => {
  const expected = { status: 200, body: 'abcd' };
  assert.deepEqual(await send('POST', { chunks: ['ab', 'cd'] }), expected);
  assert.deepEqual(
    await send('POST', { chunks: ['ab', 'cd'], headers: { 'content-length': '4' } }),
    expected,
  );
});

test('a request without a body is no defect, whatever its method', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    assert.deepEqual(await send(method), { status: 200, body: '' }, method);
});

test('a body that is too large is refused, declared or in chunks, and in chunks of one byte', async () => {
  const large = 'x'.repeat(101);
  assert.equal((await send('POST', { chunks: [large] })).status, 413);
  assert.equal((await send('POST', { chunks: [large], headers: { 'content-length': '101' } })).status, 413);
  assert.equal((await send('POST', { chunks: [...large] })).status, 413);
  assert.equal((await send('POST', { chunks: ['x'.repeat(100)] })).status, 200);
});

test('a body that is cut off does not disturb the next request', async () => {
  await new Promise<void>(resolve => {
    const socket = connect(listener.port, '127.0.0.1', () => {
      socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab', () =>
        socket.destroy(),
      );
    });
    socket.once('close', () => resolve());
  });
  assert.deepEqual(await send('POST', { chunks: ['ok'] }), { status: 200, body: 'ok' });
});
