import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import test from 'node:test';
import { socketsQuiet } from '../../src/runtime/sockets-quiet.ts';
import { patienceMs } from '../fixtures/until.ts';

test('a crowd of callers is let in and heard before it is quiet', async t => {
  const crowd = 20;
  const said: string[] = [];
  const server = createServer(socket =>
    socket.setEncoding('utf8').on('data', text => said.push(String(text))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const callers = Array.from({ length: crowd }, () => connect(port, '127.0.0.1'));
  t.after(() => {
    for (const caller of callers) caller.destroy();
    server.close();
  });
  for (const caller of callers) caller.write('hello');
  await socketsQuiet({ longestMs: patienceMs }); // a slow machine is no reason to fail
  assert.equal(said.length, crowd);
});

test('sockets that are never quiet hold nobody up for ever', async t => {
  // the end of the test cuts the connection in the middle
  const server = createServer(socket => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  t.after(() => {
    caller.destroy();
    server.close();
  });
  caller.on('data', data => caller.write(data));
  caller.write('ping');
  await once(caller, 'data');
  await socketsQuiet();
});
