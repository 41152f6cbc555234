// What a stranger's connection may cost a listener, whatever stands behind it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SystemClock } from '../../src/runtime/clock.ts';
import { HttpListener, type RequestHandler } from '../../src/runtime/http/listener.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';

async function listen(t: TestContext, handler: RequestHandler, options: { maxConnections?: number } = {}) {
  const listener = await HttpListener.open({ host: '127.0.0.1', port: 0 }, handler, {
    clock: new SystemClock(),
    drainMs: 0,
    ...options,
  });
  t.after(() => listener[Symbol.asyncDispose]());
  return () => {
    const socket = connect(listener.port, '127.0.0.1').setEncoding('latin1');
    socket.on('error', () => undefined); // cut in the middle of a write; 'close' follows
    t.after(() => socket.destroy());
    return socket;
  };
}

const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

test('a flood of pipelined requests ends with its connection, after the first few', async t => {
  const begun: ServerResponse[] = [];
  const open = await listen(t, (_, response) => void begun.push(response));
  const flood = open();
  flood.write(request.repeat(2000));
  await once(flood.resume(), 'close');
  assert.equal(begun.length, 10);

  const other = open();
  other.write(request);
  while (begun.length === 10) await new Promise(setImmediate);
  begun.at(-1)?.end('still here');
  const [answer] = await once(other, 'data');
  assert.match(answer, /^HTTP\/1\.1 200 /);
});

test('a few at once are answered in their order, and any number after one another', async t => {
  const waiting: (() => void)[] = [];
  const open = await listen(t, ({ url }, response) => {
    waiting.push(() => response.end(`<${url}>`));
    if (waiting.length === 5) for (const answer of waiting.splice(0).reverse()) answer();
  });
  const socket = open();
  let read = '';
  socket.on('data', text => {
    read += text;
  });
  for (let round = 0; round < 5; round++) {
    const paths = Array.from({ length: 5 }, (_, index) => `/${round}-${index}`);
    socket.write(paths.map(path => request.replace('/', path)).join(''));
    const last = `<${paths.at(-1)}>`;
    while (!read.includes(last)) await once(socket, 'data');
    assert.deepEqual(
      [...read.matchAll(/<(\/.*?)>/g)].map(([, path]) => path),
      paths,
    );
    read = '';
  }
});

test('more connections than a listener has room for are closed as they come', async t => {
  const busy = (_: unknown, response: ServerResponse) => void response.write('here'); // and more to come
  const open = await listen(t, busy, { maxConnections: 2 });
  const [first, second] = [open(), open()];
  const gone = once(first, 'close');
  for (const socket of [first, second]) {
    socket.write(request);
    await once(socket, 'data');
  }
  const third = open();
  await once(third.resume(), 'close');
  first.resume().destroy();
  await gone;
  await answeredOnce(open); // its place is free once the server has seen it go
  assert.equal(second.destroyed, false);
});

test('where all places are taken, quiet connections make room', async t => {
  const open = await listen(t, (_, response) => void response.end('here'), { maxConnections: 2 });
  const [first, second] = [open(), open()];
  const gone = [first, second].map(socket => once(socket, 'close'));
  for (const socket of [first, second]) {
    socket.write(request);
    await once(socket, 'data');
    socket.resume();
  }
  await answeredOnce(open);
  await Promise.all(gone);
});

/** Comes again until there is room. */
async function answeredOnce(open: () => Socket): Promise<void> {
  for (;;) {
    const next = open();
    next.write(request);
    const [event] = await Promise.race([
      once(next, 'data').then(() => ['answered'] as const),
      once(next, 'close').then(() => ['closed'] as const),
    ]);
    if (event === 'answered') return;
  }
}

test('a quiet connection is kept longer than a reverse proxy keeps it, and ends with the listener', async t => {
  const listener = await HttpListener.open(
    { host: '127.0.0.1', port: 0 },
    (_, response) => void response.end('here'),
    { clock: new ManualClock() },
  );
  t.after(() => listener[Symbol.asyncDispose]());
  const socket = connect(listener.port, '127.0.0.1').setEncoding('latin1');
  const closed = once(socket, 'close');
  socket.write(request);
  const [answer] = await once(socket, 'data');
  const [, seconds] = /^keep-alive: timeout=(\d+)\r$/im.exec(answer) ?? [];
  assert.ok(Number(seconds) > 60, answer);
  await listener[Symbol.asyncDispose]();
  await closed;
});
