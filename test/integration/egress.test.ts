// Egress against real TLS servers on loopback. A dialler that leads a public address to a local server stands for
// the internet where a test needs an allowed host; everything else is the real path.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { type Dial, tlsDial } from '../../src/runtime/egress/dial.ts';
import { createEgress, defaultEgressLimits, type EgressLimits } from '../../src/runtime/egress/egress.ts';
import { createTestCertificate, type TestCertificate } from '../../src/simulators/certificate.ts';
import { RunningClock } from '../fixtures/running-clock.ts';

const clock = new RunningClock();
let certificate: TestCertificate;

before(async () => {
  certificate = await createTestCertificate({ hosts: ['push.example.com', '127.0.0.1', 'localhost'] });
});

type Answer = (response: ServerResponse, path: string, socket: Socket) => void;

/** A server that notes the paths it was asked for and how many connections it saw. */
async function startServer(answer: Answer) {
  const paths: string[] = [];
  let connections = 0;
  const server: Server = createServer(
    { cert: certificate.certPem, key: certificate.keyPem },
    (request, response) => {
      const path = request.url ?? '';
      paths.push(path);
      request.resume().once('end', () => answer(response, path, request.socket));
    },
  );
  server.keepAliveTimeout = 0; // none is closed but by us
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, paths, connections: () => connections, server };
}

function dangerousEgress(port: number, limits: Partial<EgressLimits> = {}) {
  const egress = createEgress({
    allow: [],
    dangerouslyAllow: [`127.0.0.1:${port}`],
    clock,
    ca: certificate.caPem,
    limits: { ...defaultEgressLimits, ...limits },
  });
  after(() => egress[Symbol.asyncDispose]());
  const post = (path: string, notAfter = clock.now() + 5000) =>
    egress.send({
      method: 'POST',
      url: `https://127.0.0.1:${port}${path}`,
      headers: { ttl: '60' },
      body: Buffer.from('body'),
      notAfter,
    });
  return { egress, post };
}

test('an answer comes back with status, headers and body; connections are kept and reused', async () => {
  const server = await startServer(response => {
    response.writeHead(201, { location: '/m/1' }).end('made');
  });
  const { post } = dangerousEgress(server.port);
  for (let index = 0; index < 5; index += 1) {
    const result = await post('/p');
    assert.ok(result.kind === 'response');
    assert.equal(result.status, 201);
    assert.equal(result.headers.location, '/m/1');
    assert.equal(result.body.toString(), 'made');
    assert.equal(result.cut, undefined);
  }
  assert.equal(server.connections(), 1);
});

test('the checked address is dialled and the certificate must name the host of the URL', async () => {
  const server = await startServer(response => response.writeHead(201).end());
  const real = tlsDial({ ca: certificate.caPem });
  const dialled: string[] = [];
  const internet: Dial = (target, signal) => {
    dialled.push(target.address);
    return real({ ...target, address: '127.0.0.1', port: server.port }, signal);
  };
  await using egress = createEgress({
    allow: ['push.example.com', 'other.example.com'],
    clock,
    dial: internet,
    resolve: async () => ['8.8.8.8'],
  });
  const post = (url: string) =>
    egress.send({ method: 'POST', url, headers: {}, notAfter: clock.now() + 5000 });
  const known = await post('https://push.example.com/x');
  assert.equal(known.kind, 'response');
  assert.deepEqual(dialled, ['8.8.8.8']);
  const foreign = await post('https://other.example.com/x');
  assert.deepEqual(foreign, { kind: 'unreachable', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.deepEqual(server.paths, ['/x']);
});

test('a certificate that nobody vouches for is refused before a byte of the request', async () => {
  const server = await startServer(response => response.writeHead(201).end());
  await using egress = createEgress({ allow: [], dangerouslyAllow: [`127.0.0.1:${server.port}`], clock });
  const result = await egress.send({
    method: 'POST',
    url: `https://127.0.0.1:${server.port}/secret`,
    headers: {},
    notAfter: clock.now() + 5000,
  });
  assert.equal(result.kind, 'unreachable');
  assert.deepEqual(server.paths, []);
});

test('a redirect to loopback, of whatever kind, is an answer and not a way', async () => {
  const target = await startServer(response => response.writeHead(201).end());
  const server = await startServer((response, path) => {
    response.writeHead(Number(path.slice(1)), { location: `https://127.0.0.1:${target.port}/inside` }).end();
  });
  const { post } = dangerousEgress(server.port);
  for (const status of [300, 301, 302, 303, 307, 308]) {
    const result = await post(`/${status}`);
    assert.equal(result.kind === 'response' && result.status, status);
  }
  assert.deepEqual(target.paths, []);
});

test('an answer that is too long is cut, its status counts', async () => {
  const server = await startServer(response => {
    response.writeHead(410);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk));
      response.once('drain', pour);
    };
    pour();
  });
  const result = await dangerousEgress(server.port).post('/p');
  assert.ok(result.kind === 'response');
  assert.equal(result.status, 410);
  assert.equal(result.body.length, 4096);
  assert.equal(result.cut, 'too-long');
});

test('an answer that drips is cut at the deadline, its status counts', async () => {
  const server = await startServer(response => {
    response.writeHead(201);
    const drip = setInterval(() => response.write('.'), 20);
    response.once('close', () => clearInterval(drip));
  });
  const result = await dangerousEgress(server.port, { totalMs: 2000 }).post('/p');
  assert.ok(result.kind === 'response');
  assert.equal(result.status, 201);
  assert.equal(result.cut, 'too-slow');
});

test('header bytes that drip or never end are an unknown outcome, bounded in time and size', async () => {
  const server = await startServer((_, path, socket) => {
    socket.write('HTTP/1.1 201 Created\r\n');
    if (path === '/endless') {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(`x-filler: ${'x'.repeat(1000)}\r\n`));
        socket.once('drain', pour);
      };
      pour();
      return;
    }
    const drip = setInterval(() => socket.write('x'), 20);
    socket.once('close', () => clearInterval(drip));
  });
  const { post } = dangerousEgress(server.port, { totalMs: 2000 });
  assert.equal((await post('/drip')).kind, 'outcome-unknown');
  assert.equal((await post('/endless')).kind, 'outcome-unknown');
});

test('no answer, a broken connection and an upgrade after the request left are unknown outcomes', async () => {
  const server = await startServer((_, path, socket) => {
    if (path === '/broken') socket.destroy();
    if (path === '/upgrade')
      socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  });
  const { post } = dangerousEgress(server.port, { totalMs: 2000 });
  for (const path of ['/broken', '/upgrade']) assert.equal((await post(path)).kind, 'outcome-unknown', path);
  assert.deepEqual(await post('/silent'), { kind: 'outcome-unknown', reason: 'NO_ANSWER_IN_TIME' });
});

test('a host that accepts and says nothing is unreachable: no request byte left', async () => {
  const { createServer: createTcpServer } = await import('node:net');
  const held = new Set<Socket>();
  const server = createTcpServer(socket => held.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    for (const socket of held) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { post } = dangerousEgress(port, { addressTryMs: 100 });
  assert.deepEqual(await post('/p'), { kind: 'unreachable', reason: 'ETIMEDOUT' });
});

test('a refused connection is unreachable', async () => {
  const server = await startServer(response => response.end());
  server.server.close();
  await once(server.server, 'close');
  assert.deepEqual(await dangerousEgress(server.port).post('/p'), {
    kind: 'unreachable',
    reason: 'ECONNREFUSED',
  });
});

test('one origin never has more connections than its limit; what waits starts in time or not at all', async () => {
  const answers: (() => void)[] = [];
  const server = await startServer(response => {
    answers.push(() => response.writeHead(201).end());
    server.server.emit('asked');
  });
  const { post } = dangerousEgress(server.port, { connectionsPerOrigin: 2, waitingPerOrigin: 2 });
  const busy = [post('/1'), post('/2')];
  while (answers.length < 2) await once(server.server, 'asked');
  const patient = post('/3');
  const impatient = post('/4', clock.now() + 500);
  assert.deepEqual(await post('/5'), { kind: 'not-started', reason: 'overloaded' });
  assert.deepEqual(await impatient, { kind: 'not-started', reason: 'too-late' });
  for (const answer of answers.splice(0)) answer();
  while (answers.length < 1) await once(server.server, 'asked');
  answers[0]?.();
  for (const result of await Promise.all([...busy, patient])) assert.equal(result.kind, 'response');
  assert.deepEqual(server.paths.toSorted(), ['/1', '/2', '/3']);
  assert.equal(server.connections(), 2);
});

test('a silent host does not hold up another', async () => {
  const held: ServerResponse[] = [];
  const silent = await startServer(response => {
    held.push(response);
    silent.server.emit('asked');
  });
  const quick = await startServer(response => response.writeHead(201).end());
  await using egress = createEgress({
    allow: [],
    dangerouslyAllow: [`127.0.0.1:${silent.port}`, `127.0.0.1:${quick.port}`],
    clock,
    ca: certificate.caPem,
    limits: { ...defaultEgressLimits, totalMs: 60_000, connectionsPerOrigin: 5 },
  });
  const post = (port: number) =>
    egress.send({
      method: 'POST',
      url: `https://127.0.0.1:${port}/`,
      headers: {},
      notAfter: clock.now() + 60_000,
    });
  const stuck = Promise.all(Array.from({ length: 20 }, () => post(silent.port)));
  while (held.length < 5) await once(silent.server, 'asked');
  const results = await Promise.all(Array.from({ length: 20 }, () => post(quick.port)));
  assert.ok(results.every(result => result.kind === 'response'));
  assert.equal(silent.paths.length, 5, 'and the other fifteen wait');
  silent.server.on('asked', () => held.pop()?.writeHead(201).end());
  for (const response of held.splice(0)) response.writeHead(201).end();
  assert.ok((await stuck).every(result => result.kind === 'response'));
});
