import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { SignInThrottle } from './sign-in-throttle.ts';

const anna = { mailbox: 'anna@fabrikam.com', address: '198.51.100.7', known: false };

/** Guesses whenever it is let in, for a while; tells how many guesses went through. */
async function guess(
  throttle: SignInThrottle,
  clock: ManualClock,
  { forMs, everyMs, who }: { forMs: number; everyMs: number; who: (n: number) => typeof anna },
): Promise<number> {
  let through = 0;
  for (let spent = 0, n = 0; spent < forMs; spent += everyMs, n++) {
    if (typeof throttle.begin(who(n)) !== 'number') through++;
    await clock.advance(everyMs);
  }
  return through;
}

test('a few wrong passwords cost nothing, then the wait doubles up to a quarter of an hour', async () => {
  const clock = new ManualClock();
  const throttle = new SignInThrottle({ clock });
  for (let n = 0; n < 4; n++) assert.notEqual(typeof throttle.begin(anna), 'number');
  assert.equal(throttle.begin(anna), 1000);
  await clock.advance(1000);
  assert.notEqual(typeof throttle.begin(anna), 'number');
  assert.equal(throttle.begin(anna), 2000);
  for (let n = 0; n < 20; n++) {
    const wait = throttle.begin(anna);
    if (typeof wait === 'number') await clock.advance(wait);
  }
  const longest = throttle.begin(anna);
  assert.equal(typeof longest === 'number' ? longest <= 900_000 && longest > 250_000 : false, true);
});

test('guesses made at the same time are counted before any of them is answered', () => {
  const throttle = new SignInThrottle({ clock: new ManualClock() });
  const started = Array.from({ length: 100 }, () => throttle.begin(anna)).filter(
    attempt => typeof attempt !== 'number',
  );
  assert.equal(started.length, 4);
});

test('a success clears the pair and the mailbox, not the address', () => {
  const throttle = new SignInThrottle({ clock: new ManualClock() });
  for (let n = 0; n < 3; n++) throttle.begin(anna);
  const attempt = throttle.begin(anna);
  assert.notEqual(typeof attempt, 'number');
  if (typeof attempt !== 'number') attempt.succeeded();
  assert.notEqual(typeof throttle.begin(anna), 'number');

  // A guesser with an account of his own at the same server gains nothing by signing in between his guesses.
  const mallory = { mailbox: 'mallory@fabrikam.com', address: '203.0.113.9', known: true };
  let guesses = 0;
  for (let n = 0; n < 200; n++) {
    const own = throttle.begin(mallory);
    if (typeof own !== 'number') own.succeeded();
    if (typeof throttle.begin({ ...mallory, mailbox: `victim${n}`, known: false }) !== 'number') guesses++;
  }
  assert.equal(guesses <= 20, true, `${guesses} guesses`);
});

test('an attempt that nobody could decide is taken back', () => {
  const throttle = new SignInThrottle({ clock: new ManualClock() });
  for (let n = 0; n < 500; n++) {
    const attempt = throttle.begin(anna);
    assert.notEqual(typeof attempt, 'number');
    if (typeof attempt !== 'number') attempt.undecided();
  }
});

test('one address that tries many mailboxes is slowed, and so is a whole IPv6 /64', async () => {
  const clock = new ManualClock();
  const throttle = new SignInThrottle({ clock });
  const day = 86_400_000;
  const through = await guess(throttle, clock, {
    forMs: day / 24,
    everyMs: 500,
    who: n => ({ mailbox: `user${n}`, address: `2001:db8::${(n % 65_535).toString(16)}`, known: false }),
  });
  assert.equal(through < 120, true, `${through} guesses in an hour`);
});

test('the same /64 is recognized however its address is written, another one is not', () => {
  const throttle = new SignInThrottle({ clock: new ManualClock() });
  const spellings = ['2001:db8::1', '2001:0DB8:0:0::2', '2001:db8:0:0:5::', '2001:db8:0:0:1:2:3:4'];
  for (const address of spellings) throttle.begin({ ...anna, address });
  assert.equal(typeof throttle.begin({ ...anna, address: '2001:db8::ffff' }), 'number');
  assert.notEqual(typeof throttle.begin({ ...anna, address: '2001:db8:0:1::1' }), 'number');
});

test('a flood from many addresses is slowed and does not lock out the owner', async () => {
  const clock = new ManualClock();
  const throttle = new SignInThrottle({ clock });
  const flood = (n: number): typeof anna => ({
    ...anna,
    address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
  });
  const through = await guess(throttle, clock, { forMs: 3_600_000, everyMs: 200, who: flood });
  assert.equal(through < 200, true, `${through} guesses in an hour`);

  const owner = { ...anna, address: '192.0.2.1' };
  assert.notEqual(
    typeof throttle.begin({ ...owner, known: true }),
    'number',
    'a known installation gets in at once',
  );
  const wait = throttle.begin({ ...owner, address: '192.0.2.2' });
  assert.equal(typeof wait === 'number' && wait <= 30_000, true, 'a new one waits half a minute at most');
  if (typeof wait === 'number') await clock.advance(wait);
  assert.notEqual(typeof throttle.begin({ ...owner, address: '192.0.2.2' }), 'number');
});

test('memory is bounded: the least recently counted is forgotten first', () => {
  const throttle = new SignInThrottle({ clock: new ManualClock(), capacity: 100 });
  for (let n = 0; n < 4; n++) throttle.begin(anna);
  assert.equal(typeof throttle.begin(anna), 'number');
  for (let n = 0; n < 100; n++) throttle.begin({ mailbox: `m${n}`, address: `192.0.2.${n}`, known: false });
  assert.notEqual(typeof throttle.begin(anna), 'number');
});
