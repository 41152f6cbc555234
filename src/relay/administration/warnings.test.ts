import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../nodes/list-nodes.ts';
import type { CredentialSummary } from './credential-summaries.ts';
import { organizationWarnings, relayWarnings } from './warnings.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 0, 1);
const proved = { state: 'proved', record: null, provedAt: now, checkedAt: now, missingSince: null } as const;
const versions = { now, version: '1.4.2', minimumProxyVersion: '1.2.0' };

const credential = (changes: Partial<CredentialSummary> = {}): CredentialSummary => ({
  organizationId: 'one',
  startAt: now - dayMs,
  endAt: now + 200 * dayMs,
  revokedAt: null,
  lastUsedAt: now,
  lastVersion: '1.4.0',
  ...changes,
});

const warningsOf = (...credentials: CredentialSummary[]) =>
  organizationWarnings({ active: true, domainProof: proved }, credentials, versions);

test('nothing is warned of that works', () => {
  assert.deepEqual(warningsOf(credential()), []);
  assert.deepEqual(warningsOf(), []); // it has not connected yet
});

test('a credential that ends is warned of until its successor is registered, though that one begins later', () => {
  const ending = credential({ endAt: now + 29 * dayMs });
  assert.match(warningsOf(ending)[0] ?? '', /ends on 2026-01-30 and no successor/);
  assert.deepEqual(warningsOf(credential({ endAt: now + 31 * dayMs })), []);
  assert.deepEqual(warningsOf(ending, credential({ startAt: now + 20 * dayMs, lastUsedAt: null })), []);
  const revoked = credential({ revokedAt: now });
  assert.match(warningsOf(ending, revoked)[0] ?? '', /no successor/);
  assert.match(
    warningsOf(credential({ endAt: now }), revoked)[0] ?? '',
    /no key credential is valid any more/,
  );
});

test('the proxy’s version is the one of the credential used last', () => {
  const old = credential({ lastUsedAt: now - dayMs, lastVersion: '1.1.9' });
  assert.match(warningsOf(old)[0] ?? '', /1\.1\.9 is refused: install 1\.2\.0/);
  assert.deepEqual(warningsOf(old, credential()), []);
  assert.match(warningsOf(credential({ lastVersion: '1.5.0' }))[0] ?? '', /1\.5\.0, this relay of 1\.4\.2/);
  assert.deepEqual(warningsOf(credential({ lastVersion: null })), []);
});

test('a domain whose record is gone is named, and a deactivated organization is left in peace', () => {
  const domainProof = {
    ...proved,
    state: 'missing' as const,
    record: { name: '_mailbadge.fabrikam.com', value: 'x' },
    missingSince: now - dayMs,
  };
  const warnings = organizationWarnings({ active: true, domainProof }, [credential()], versions);
  assert.match(warnings[0] ?? '', /_mailbadge\.fabrikam\.com .* gone since 2025-12-31/);
  assert.deepEqual(organizationWarnings({ active: false, domainProof }, [], versions), []);
});

test('the relay’s own: no node, other versions, apps held back, TLS', () => {
  const node: Node = {
    name: 'relay-1',
    version: '1.4.2',
    startedAt: now,
    seenAt: now,
    running: true,
    appsHeldBack: [],
  };
  const of = (nodes: Node[], tlsEndsAt: number | null = null) =>
    relayWarnings({ nodes, version: '1.4.2', tlsEndsAt, now });
  assert.deepEqual(of([node]), []);
  assert.match(of([{ ...node, running: false }])[0] ?? '', /no node is running/);
  assert.match(
    of([node, { ...node, name: 'relay-2', version: '1.4.1' }])[0] ?? '',
    /relay-2 runs version 1\.4\.1/,
  );
  assert.deepEqual(of([node, { ...node, name: 'relay-2', version: '1.0.0', running: false }]), []);
  const heldBack = {
    appId: 'mail',
    provider: 'apns',
    environment: 'production',
    reason: 'BadTopic',
  } as const;
  assert.match(of([{ ...node, appsHeldBack: [heldBack] }])[0] ?? '', /mail does not work at apns .*BadTopic/);
  assert.match(of([node], now + 29 * dayMs)[0] ?? '', /TLS certificate ends on 2026-01-30/);
  assert.match(of([node], now)[0] ?? '', /TLS certificate ended on/);
  assert.deepEqual(of([node], now + 31 * dayMs), []);
});
