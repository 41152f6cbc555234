import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RespSession } from './resp-session.ts';

test('a transaction is answered as Redis does, and its changes are told as they are read', () => {
  const session = new RespSession();
  assert.equal(session.execute(['MULTI']).reply, '+OK\r\n');
  assert.deepEqual(session.execute(['SET', 'a', '1']), {
    reply: '+QUEUED\r\n',
    changes: [{ key: 'a', value: '1' }],
  });
  assert.deepEqual(session.execute(['DEL', 'b']).changes, [{ key: 'b', value: undefined }]);
  assert.equal(session.execute(['EXEC']).reply, '*2\r\n+OK\r\n:1\r\n');
  assert.match(session.execute(['EXEC']).reply, /^-ERR/);
});

test('outside a transaction each command has its own answer', () => {
  const session = new RespSession();
  assert.equal(session.execute(['auth', 'x']).reply, '+OK\r\n');
  assert.equal(session.execute(['SELECT', '0']).reply, '+OK\r\n');
  assert.equal(session.execute(['PING']).reply, '+PONG\r\n');
  assert.equal(session.execute(['GET', 'a']).reply, '$-1\r\n');
  assert.equal(session.execute(['SET', 'a', '1']).reply, '+OK\r\n');
  assert.equal(session.execute(['DEL', 'a', 'b']).reply, ':2\r\n');
  assert.equal(session.execute(['FLUSHALL']).reply, '-ERR unknown command\r\n');
  assert.equal(session.execute(['QUIT']).close, true);
});

test('a transaction without an end is cut off', () => {
  const session = new RespSession();
  session.execute(['MULTI']);
  const answers = Array.from({ length: 300 }, () => session.execute(['SET', 'a', '1']));
  assert.equal(
    answers.findIndex(({ close }) => close === true),
    256,
  );
});
