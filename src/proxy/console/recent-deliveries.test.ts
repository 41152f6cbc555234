import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../runtime/logger.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { type ProxyEvent, ProxyEvents } from '../events.ts';
import { RecentDeliveries } from './recent-deliveries.ts';

const outcome = (badge: number, more: object): ProxyEvent =>
  ({
    kind: 'badge-outcome',
    iconId: 'i',
    rev: 1,
    traceId: 't',
    provider: 'apns',
    badge,
    ...more,
  }) as ProxyEvent;

test('the newest 200 outcomes, the newest first, with what each of them has', () => {
  const events = new ProxyEvents({ logger: silentLogger, metrics: createMetrics() });
  const clock = new ManualClock();
  {
    using deliveries = new RecentDeliveries({ events, clock });
    for (let badge = 0; badge < 250; badge += 1) {
      events.record(
        outcome(badge, { outcome: 'deferred', reason: 'provider-throttled', latencyMs: undefined }),
      );
    }
    events.record({ kind: 'relay-available' });
    events.record(outcome(7, { outcome: 'accepted', providerId: 'A', repetition: false, latencyMs: 12 }));
    const list = deliveries.list();
    assert.equal(list.length, 200);
    const [newest, before] = list;
    assert.deepEqual(
      [newest?.badge, newest?.outcome, newest?.providerId, newest?.reason, newest?.latencyMs, newest?.at],
      [7, 'accepted', 'A', null, 12, clock.now()],
    );
    assert.deepEqual([before?.badge, before?.reason, before?.latencyMs], [249, 'provider-throttled', null]);
  }
});
