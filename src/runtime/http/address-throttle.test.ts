import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../errors.ts';
import { ManualClock } from '../manual-clock.ts';
import { AddressThrottle } from './address-throttle.ts';

const twoAtOnce = { burst: 2, intervalMs: 1000 };
const slowedDown = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'too-many-requests' && error.retryAfterMs === 1000;

test('one address is slowed down, another is not', async () => {
  const clock = new ManualClock();
  const throttle = new AddressThrottle({ clock, rate: twoAtOnce });
  throttle.take('192.0.2.1');
  throttle.take('192.0.2.1');
  assert.throws(() => throttle.take('192.0.2.1'), slowedDown);
  throttle.take('192.0.2.2');
  await clock.advance(1000);
  throttle.take('192.0.2.1');
});

test('the 64 bits of an IPv6 network count as one address, however it is written', () => {
  const throttle = new AddressThrottle({ clock: new ManualClock(), rate: twoAtOnce });
  throttle.take('2001:db8:1:2::1');
  throttle.take('2001:db8:1:2:3:4:5:6');
  assert.throws(() => throttle.take('2001:db8:1:2:ffff::'), slowedDown);
  throttle.take('2001:db8:1:3::1');
  throttle.take('::1');
  throttle.take('::2');
  assert.throws(() => throttle.take('::'), slowedDown);
});

test('all addresses together have a bound of their own, and what is given back counts for neither', async () => {
  const clock = new ManualClock();
  const overall = { burst: 3, intervalMs: 1000 };
  const throttle = new AddressThrottle({ clock, rate: twoAtOnce, overall });
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) throttle.take(address);
  assert.throws(() => throttle.take('192.0.2.4'), slowedDown);
  throttle.giveBack('192.0.2.3');
  throttle.take('192.0.2.3');
  await clock.advance(1000);
  throttle.take('192.0.2.5');
});
