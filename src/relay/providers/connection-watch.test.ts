import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { ConnectionWatch, defaultHttp2Timeouts } from './connection-watch.ts';

/** A connection whose requests and answers are what the test says; what the watch does is noted, with its second. */
function setUp() {
  const clock = new ManualClock();
  const did: string[] = [];
  const note = (what: string): void => {
    did.push(`${clock.monotonic() / 1000} s: ${what}`);
  };
  let starts: number[] = [];
  const watch: ConnectionWatch = new ConnectionWatch({
    clock,
    timeouts: defaultHttp2Timeouts,
    watched: {
      oldestStart: () => starts[0],
      endStartedUntil: instant => {
        for (const start of starts.filter(each => each <= instant)) note(`end the one of ${start / 1000} s`);
        starts = starts.filter(each => each > instant);
      },
      ping: () => note('ping'),
      died: reason => {
        note(reason);
        watch.stop();
      },
    },
  });
  watch.arm();
  const request = (): void => {
    starts.push(clock.monotonic());
    watch.arm();
  };
  const answered = (): void => {
    starts.shift();
    watch.heard();
  };
  return { clock, did, watch, request, answered };
}

test('a server that accepts and sends no SETTINGS is given up', async () => {
  const { clock, did } = setUp();
  await clock.advance(60_000);
  assert.deepEqual(did, ['5 s: connect-timeout']);
  assert.equal(clock.pendingTimers, 0);
});

test('while idle it is asked every half minute, and lives as long as it answers', async () => {
  const { clock, did, watch } = setUp();
  watch.ready();
  await clock.advance(30_000);
  watch.ponged();
  await clock.advance(30_000);
  watch.ponged();
  await clock.advance(1000);
  assert.deepEqual(did, ['30 s: ping', '60 s: ping']);
  watch.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('a request that waits for a second while nothing is heard has it asked; no answer is death', async () => {
  const { clock, did, watch, request } = setUp();
  watch.ready();
  await clock.advance(10_000);
  request();
  await clock.advance(60_000);
  assert.deepEqual(did, ['11 s: ping', '13 s: ping-timeout']);
});

test('as long as others are answered nothing is asked, and a request ends by its own deadline', async () => {
  const { clock, did, watch, request } = setUp();
  watch.ready();
  request();
  for (let second = 0; second < 6; second += 0.5) {
    await clock.advance(500);
    watch.heard();
  }
  assert.deepEqual(did, ['5 s: end the one of 0 s']);
});

test('requests end in their order, each after its own five seconds', async () => {
  const { clock, did, watch, request } = setUp();
  watch.ready();
  request();
  await clock.advance(400);
  request();
  for (let step = 0; step < 20; step++) {
    watch.heard();
    await clock.advance(300);
  }
  assert.deepEqual(did, ['5 s: end the one of 0 s', '5.4 s: end the one of 0.4 s']);
});

test('nothing came since the request was written: the connection is dead, whatever a ping says later', async () => {
  const clock = new ManualClock();
  const did: string[] = [];
  const watch = new ConnectionWatch({
    clock,
    timeouts: { ...defaultHttp2Timeouts, quietMs: 60_000 },
    watched: {
      oldestStart: () => 1000,
      endStartedUntil: () => did.push('ended alone'),
      ping: () => did.push('ping'),
      died: reason => did.push(reason),
    },
  });
  watch.ready();
  await clock.advance(6000);
  assert.deepEqual(did, ['silent']);
});

test('an answer leaves nothing to be done', async () => {
  const { clock, did, watch, request, answered } = setUp();
  watch.ready();
  request();
  await clock.advance(900);
  answered();
  await clock.advance(29_000);
  assert.deepEqual(did, []);
});

test('after this process stood still, what came meanwhile is heard before anything is judged', async () => {
  const { clock, did, watch, request, answered } = setUp();
  watch.ready();
  await clock.advance(10_000);
  request();
  await clock.advance(1000);
  clock.standStill(60_000);
  await clock.advance(0);
  answered();
  watch.ponged();
  await clock.advance(1000);
  assert.deepEqual(did, ['11 s: ping']);

  request();
  clock.standStill(60_000);
  await clock.advance(2000);
  assert.deepEqual(did, ['11 s: ping', '132.05 s: silent'], 'nothing came');
});
