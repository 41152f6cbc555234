import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../runtime/logger.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { seededRandom } from '../../runtime/random.ts';
import { Http2Origin, type OriginResult } from './http2-origin.ts';
import type { Http2Session, SessionObserver, StreamResult } from './http2-session.ts';

const response: StreamResult = { kind: 'response', status: 200, headers: {}, body: '' };

/** A connection whose events the test makes happen. */
class ScriptedSession implements Http2Session {
  streamLimit = 1;
  closeAsked = false;
  readonly open: { path: string; done: (result: StreamResult) => void }[] = [];
  readonly observer: SessionObserver;

  constructor(observer: SessionObserver) {
    this.observer = observer;
  }

  get openStreams(): number {
    return this.open.length;
  }

  request({ path }: { path: string }, done: (result: StreamResult) => void): void {
    this.open.push({ path, done });
  }

  /** Answers the oldest open request. */
  answer(result: StreamResult = response): string | undefined {
    const first = this.open.shift();
    first?.done(result);
    return first?.path;
  }

  close(): void {
    this.closeAsked = true;
    if (this.open.length === 0) this.observer.closed('closed');
  }

  destroy(reason: string): void {
    this.observer.closed(reason);
  }
}

function setUp({ queueLimit = 10 } = {}) {
  const clock = new ManualClock();
  const sessions: ScriptedSession[] = [];
  const origin = new Http2Origin({
    name: 'https://provider.test',
    connect: observer => {
      const session = new ScriptedSession(observer);
      sessions.push(session);
      return session;
    },
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    queueLimit,
  });
  const results: Record<string, OriginResult> = {};
  const send = (path: string, forMs = 5000): void => {
    void origin.send({ path, headers: {}, body: '' }, { notAfter: clock.now() + forMs }).then(result => {
      results[path] = result;
    });
  };
  const session = (index: number): ScriptedSession => {
    const found = sessions[index];
    assert.ok(found !== undefined, `connection ${index} was opened`);
    return found;
  };
  return { clock, origin, sessions, session, results, send };
}

test('one connection serves all; what is above the stream limit waits, in order', async () => {
  const { sessions, session, send, results, clock } = setUp();
  for (const path of ['/a', '/b', '/c']) send(path);
  assert.equal(sessions.length, 1);
  session(0).observer.ready();
  assert.deepEqual(
    session(0).open.map(({ path }) => path),
    ['/a'],
  );
  session(0).streamLimit = 2;
  session(0).observer.limitChanged();
  assert.equal(session(0).openStreams, 2);
  assert.equal(session(0).answer(), '/a');
  assert.equal(session(0).answer(), '/b');
  assert.equal(session(0).answer(), '/c');
  await clock.advance(0);
  assert.deepEqual(Object.keys(results), ['/a', '/b', '/c']);
});

test('it can carry what the server allows, and a hundred until that is known', () => {
  const { origin, session, send } = setUp();
  assert.equal(origin.capacity, 100);
  send('/a');
  session(0).observer.ready();
  assert.equal(origin.capacity, 100, 'one stream until the first answer, as at APNs');
  session(0).streamLimit = 1000;
  assert.equal(origin.capacity, 1000);
  session(0).observer.draining('goaway 0');
  assert.equal(origin.capacity, 100);
});

test('the queue is bounded, and counted', async () => {
  const { origin, send, results, clock } = setUp({ queueLimit: 2 });
  for (const path of ['/a', '/b', '/c']) send(path);
  await clock.advance(0);
  assert.deepEqual(results, { '/c': { kind: 'not-started', reason: 'overloaded' } });
  assert.equal(origin.counts.queued, 2);
  assert.equal(origin.counts.overloaded, 1);
});

test('a connection that drains is replaced before it is closed, and keeps its answers', async () => {
  const { sessions, session, send, results, clock } = setUp();
  send('/warm');
  session(0).observer.ready();
  session(0).answer();
  send('/old');
  session(0).observer.draining('goaway 0');
  assert.equal(sessions.length, 2);
  send('/new');
  session(1).observer.ready();
  assert.equal(session(1).answer(), '/new');
  assert.equal(session(0).answer(), '/old');
  await clock.advance(0);
  assert.equal(results['/old']?.kind, 'response');
  assert.equal(results['/new']?.kind, 'response');
});

test('a third connection waits until the first one ended', () => {
  const { sessions, session, send } = setUp();
  for (const index of [0, 1]) {
    send(`/warm-${index}`);
    session(index).observer.ready();
    session(index).answer();
    send(`/old-${index}`);
    session(index).observer.draining('goaway 0');
  }
  send('/next');
  assert.equal(sessions.length, 2);
  session(0).answer();
  session(0).observer.closed('closed');
  assert.equal(sessions.length, 3);
});

test('what was not processed goes first, at once, on the next connection; the unknown never again', async () => {
  const { session, send, results, clock, origin } = setUp();
  send('/warm');
  session(0).observer.ready();
  session(0).answer();
  session(0).streamLimit = 2;
  send('/above');
  send('/unknown');
  send('/waiting');
  session(0).observer.draining('goaway 0');
  session(0).answer({ kind: 'not-processed', reason: 'above-last-stream-id' });
  session(0).answer({ kind: 'outcome-unknown', reason: 'connection-lost' });
  session(0).observer.closed('goaway 0');
  session(1).streamLimit = 5;
  session(1).observer.ready();
  assert.deepEqual(
    session(1).open.map(({ path }) => path),
    ['/above', '/waiting'],
  );
  await clock.advance(0);
  assert.deepEqual(results['/unknown'], { kind: 'outcome-unknown', reason: 'connection-lost' });
  assert.equal(origin.counts.resent, 1);
});

test('a request that is refused again and again is paused, and given up at notAfter', async () => {
  const { session, send, results, clock } = setUp();
  send('/refused', 1000);
  session(0).observer.ready();
  let asked = 0;
  for (let elapsed = 0; elapsed < 1100; elapsed += 1) {
    while (session(0).openStreams > 0) {
      asked += 1;
      session(0).answer({ kind: 'not-processed', reason: 'refused-stream' });
    }
    await clock.advance(1);
  }
  assert.deepEqual(results['/refused'], { kind: 'unavailable', reason: 'refused-stream' });
  assert.ok(asked > 3 && asked < 12, `asked ${asked} times`);
});

test('nothing is written after notAfter, however it got there', async () => {
  const { session, send, results, clock } = setUp();
  send('/first');
  session(0).observer.ready();
  send('/late', 100);
  send('/passed', -1);
  await clock.advance(101);
  session(0).answer();
  await clock.advance(0);
  assert.equal(session(0).openStreams, 0);
  assert.deepEqual(results['/late'], { kind: 'not-started', reason: 'not-after-passed' });
  assert.deepEqual(results['/passed'], { kind: 'not-started', reason: 'not-after-passed' });
});

test('connecting backs off with growing pauses, and starts afresh after an answer', async () => {
  const { sessions, session, send, clock, results } = setUp();
  const pauses: number[] = [];
  for (let failure = 0; failure < 6; failure += 1) {
    send(`/${failure}`, 60_000);
    const startedAt = clock.now();
    session(failure).observer.closed('ECONNREFUSED');
    while (sessions.length === failure + 1) await clock.advance(10);
    pauses.push(clock.now() - startedAt);
  }
  assert.ok(pauses.every((pause, index) => pause >= 50 * 2 ** index && pause <= 100 * 2 ** index + 10));
  session(6).streamLimit = 100;
  session(6).observer.ready();
  while (session(6).openStreams > 0) session(6).answer();
  await clock.advance(0);
  assert.equal(Object.values(results).filter(({ kind }) => kind === 'response').length, 6);
  session(6).observer.closed('connection-lost');
  send('/again');
  assert.equal(sessions.length, 8, 'a healthy connection that was lost is replaced at once');
});

test('while the next attempt is later than notAfter, the answer comes at once', async () => {
  const { session, send, results, clock } = setUp();
  send('/blip', 5000);
  session(0).observer.closed('ECONNREFUSED');
  send('/hurried', 10);
  await clock.advance(0);
  const hurried = results['/hurried'];
  assert.ok(hurried?.kind === 'unavailable' && hurried.reason === 'unreachable');
  assert.ok((hurried.retryAfterMs ?? 0) >= 50);
  assert.equal(results['/blip'], undefined, 'it can wait for the next attempt');
});

test('a server that takes connections and ends them without an answer is backed off from, too', () => {
  const { sessions, session, send } = setUp();
  send('/a');
  session(0).observer.ready();
  session(0).observer.draining('goaway 2');
  session(0).answer({ kind: 'not-processed', reason: 'above-last-stream-id' });
  session(0).observer.closed('goaway 2');
  assert.equal(sessions.length, 1);
});

test('disposing answers what waits, lets open requests end, and leaves no timer', async () => {
  const { session, send, results, clock, origin } = setUp();
  send('/open');
  session(0).observer.ready();
  send('/waiting');
  const disposed = origin[Symbol.asyncDispose]();
  assert.ok(session(0).closeAsked);
  session(0).answer();
  session(0).observer.closed('closed');
  await disposed;
  assert.equal(results['/open']?.kind, 'response');
  assert.deepEqual(results['/waiting'], { kind: 'unavailable', reason: 'shutting-down' });
  send('/after');
  await clock.advance(0);
  assert.deepEqual(results['/after'], { kind: 'unavailable', reason: 'shutting-down' });
  assert.equal(clock.pendingTimers, 0);
});
