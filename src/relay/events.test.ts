import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../runtime/logger.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { RelayEvents } from './events.ts';

test('what a provider did not accept is counted by its own reason, beside the outcome that it led to', async () => {
  const metrics = createMetrics();
  const events = new RelayEvents({ logger: silentLogger, metrics });
  const outcome = {
    kind: 'notification-outcome',
    traceId: '0'.repeat(32),
    organizationId: 'the-organization',
    provider: 'apns',
    latencyMs: 1,
  } as const;
  events.record({ ...outcome, outcome: 'accepted' });
  for (const providerReason of ['BadTopic', 'ExpiredProviderToken', 'BadTopic']) {
    events.record({ ...outcome, outcome: 'deferred', reason: 'app-misconfigured', providerReason });
  }
  const { provider, traceId, organizationId } = outcome;
  const challenge = {
    kind: 'challenge-outcome',
    traceId,
    organizationId,
    provider,
    appId: 'the.app',
  } as const;
  events.record({ ...challenge, outcome: 'unknown-target', providerReason: 'BadDeviceToken' });
  const { body } = await metrics.expose();
  const counted = (name: string): string[] => body.split('\n').filter(line => line.startsWith(`${name}{`));
  assert.deepEqual(counted('mailbadge_provider_refusals_total'), [
    'mailbadge_provider_refusals_total{provider="apns",reason="BadTopic"} 2',
    'mailbadge_provider_refusals_total{provider="apns",reason="ExpiredProviderToken"} 1',
    'mailbadge_provider_refusals_total{provider="apns",reason="BadDeviceToken"} 1',
  ]);
  assert.deepEqual(counted('mailbadge_notifications_delivered_total'), [
    'mailbadge_notifications_delivered_total{provider="apns",outcome="accepted",reason=""} 1',
    'mailbadge_notifications_delivered_total{provider="apns",outcome="deferred",reason="app-misconfigured"} 3',
  ]);
});
