import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../runtime/logger.ts';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { seededRandom } from '../../../runtime/random.ts';
import { AccessToken } from './access-token.ts';
import type { TokenAnswer } from './token-request.ts';

const minuteMs = 60_000;
const hour = 3_599_000;

/** An access token whose requests a test answers by hand. */
function openToken() {
  const clock = new ManualClock();
  const requests: ((answer: TokenAnswer) => void)[] = [];
  const token = new AccessToken({
    account: 'relay@fabrikam',
    request: () => new Promise(resolve => requests.push(resolve)),
    clock,
    random: seededRandom(1),
    logger: silentLogger,
  });
  const answer = async (text: TokenAnswer): Promise<void> => {
    requests.shift()?.(text);
    await settled();
  };
  const grant = (name: string, lifetimeMs = hour) => answer({ kind: 'token', token: name, lifetimeMs });
  return { clock, requests, token, answer, grant };
}

async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}

async function current(token: AccessToken): Promise<string> {
  const held = await token.current();
  return held.kind === 'token' ? held.token : held.reason;
}

test('many that wait for the first token make one request', async () => {
  const { token, requests, grant } = openToken();
  const waiting = Promise.all([current(token), current(token), current(token)]);
  await settled();
  assert.equal(requests.length, 1);
  await grant('first');
  assert.deepEqual(await waiting, ['first', 'first', 'first']);
});

test('from three quarters of its life on it is renewed, and nobody waits for that', async () => {
  const { token, clock, requests, grant } = openToken();
  const first = current(token);
  await grant('first');
  assert.equal(await first, 'first');
  await clock.advance(44 * minuteMs);
  assert.equal(await current(token), 'first');
  assert.equal(requests.length, 0);
  await clock.advance(2 * minuteMs);
  assert.equal(await current(token), 'first');
  assert.equal(await current(token), 'first');
  assert.equal(requests.length, 1);
  await grant('second');
  assert.equal(await current(token), 'second');
});

test('a failed renewal keeps the old one to its last minute, and is tried again after a back-off', async () => {
  const { token, clock, requests, grant, answer } = openToken();
  const first = current(token);
  await grant('first');
  await first;
  await clock.advance(50 * minuteMs);
  await token.current();
  await answer({ kind: 'misconfigured', reason: 'token-invalid_grant' });
  assert.equal(await current(token), 'first');
  assert.equal(requests.length, 0, 'not at once');
  await clock.advance(minuteMs / 2);
  assert.equal(await current(token), 'first');
  await answer({ kind: 'unavailable', reason: 'token-endpoint-failed', retryAfterMs: 20 * minuteMs });
  await clock.advance(8 * minuteMs);
  assert.equal(await current(token), 'first');
  await clock.advance(minuteMs);
  assert.deepEqual(await token.current(), {
    kind: 'unavailable',
    reason: 'token-endpoint-failed',
    retryAfterMs: 11 * minuteMs,
  });
  await clock.advance(11 * minuteMs);
  const next = current(token);
  await settled();
  await grant('second');
  assert.equal(await next, 'second');
});

async function replaced(token: AccessToken, refused: string): Promise<string> {
  const next = await token.replace(refused);
  return next.kind === 'token' ? next.token : next.reason;
}

test('a token that is refused is replaced, by one request for all; a young one is tried again', async () => {
  const { token, clock, requests, grant } = openToken();
  const first = current(token);
  await grant('first');
  await first;
  assert.equal(await replaced(token, 'first'), 'first');
  await clock.advance(minuteMs);
  const waiting = Promise.all([replaced(token, 'first'), replaced(token, 'first')]);
  await settled();
  assert.equal(requests.length, 1);
  await grant('second');
  assert.deepEqual(await waiting, ['second', 'second']);
  assert.equal(await replaced(token, 'first'), 'second', 'somebody did it before');
  assert.equal(requests.length, 0);
});

test('where a refused token cannot be replaced the reason is why there is no other', async () => {
  const { token, clock, requests, grant, answer } = openToken();
  const first = current(token);
  await grant('first');
  await first;
  await clock.advance(minuteMs);
  const failed = replaced(token, 'first');
  await settled();
  await answer({ kind: 'unavailable', reason: 'unreachable' });
  assert.equal(await failed, 'unreachable');
  assert.equal(await replaced(token, 'first'), 'unreachable');
  assert.equal(requests.length, 0, 'not at once again');
  assert.equal(await current(token), 'first', 'which is all there is');
});

test('a short life is used for the most part', async () => {
  const { token, clock, grant } = openToken();
  const first = current(token);
  await grant('first', 30_000);
  await first;
  await clock.advance(26_000);
  assert.equal(await current(token), 'first');
});
