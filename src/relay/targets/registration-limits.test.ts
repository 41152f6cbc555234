import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { RegistrationLimits } from './registration-limits.ts';

const targetKey = (name: string): Buffer => hash('sha256', name, 'buffer');

test('one target gets five codes at once, whoever asks', async () => {
  const clock = new ManualClock();
  const limits = new RegistrationLimits({ clock, organizationPerMinute: 100 });
  for (let code = 0; code < 5; code++) {
    assert.equal(limits.take({ organizationId: `org ${code}`, targetKey: targetKey('phone') }), 0);
  }
  const waitMs = limits.take({ organizationId: 'another', targetKey: targetKey('phone') });
  assert.ok(waitMs > 0);
  assert.equal(limits.take({ organizationId: 'another', targetKey: targetKey('tablet') }), 0);
  await clock.advance(waitMs);
  assert.equal(limits.take({ organizationId: 'another', targetKey: targetKey('phone') }), 0);
});

test('one organization cannot use up what another may register', () => {
  const limits = new RegistrationLimits({ clock: new ManualClock(), organizationPerMinute: 3 });
  const take = (organizationId: string, device: number): number =>
    limits.take({ organizationId, targetKey: targetKey(`${organizationId} ${device}`) });
  assert.deepEqual([take('busy', 1), take('busy', 2), take('busy', 3)], [0, 0, 0]);
  assert.ok(take('busy', 4) > 0);
  assert.equal(take('quiet', 1), 0);
});
