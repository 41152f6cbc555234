import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Notification } from '../../contract/publishing.ts';
import { parseNotification } from './parse-notification.ts';

const good: Notification = {
  id: '018f3b1e-0000-4000-8000-000000000001',
  traceId: 'ab'.repeat(16),
  appId: 'com.fabrikam.mail',
  sealedTarget: `mbt1.k1.${'n'.repeat(16)}.${'c'.repeat(704)}`,
  collapseKey: 'icon-1',
  badge: 3,
  expiresAt: 1_800_000_000_000,
  presentation: 'badge',
};

function wrong(item: unknown) {
  const parsed = parseNotification(item);
  assert.ok('wrong' in parsed && parsed.wrong.outcome === 'rejected');
  return parsed.wrong;
}

test('a good one is read, with its default', () => {
  const { presentation: _, ...withoutDefault } = good;
  assert.deepEqual(parseNotification(withoutDefault), { notification: good });
});

test('a wrong one is rejected by itself, and names the member', () => {
  const changes: [Record<string, unknown>, string][] = [
    [{ badge: -1 }, 'badge'],
    [{ badge: 2 ** 31 }, 'badge'],
    [{ badge: '3' }, 'badge'],
    [{ badge: 1.5 }, 'badge'],
    [{ traceId: 'x' }, 'traceId'],
    [{ appId: '../x' }, 'appId'],
    [{ sealedTarget: 'abc' }, 'sealedTarget'],
    [{ collapseKey: 'k'.repeat(33) }, 'collapseKey'],
    [{ expiresAt: null }, 'expiresAt'],
    [{ presentation: 'loud' }, 'presentation'],
    [{ body: 'no base64!' }, 'body'],
    [{ rev: -1 }, 'rev'],
    [{ preview: 'no base64!' }, 'preview'],
    [{ preview: '' }, 'preview'],
    [{ subject: 'secret' }, 'subject'],
  ];
  for (const [change, member] of changes) {
    const { reason, detail } = wrong({ ...good, ...change });
    assert.equal(reason, 'notification-invalid');
    assert.ok(detail?.includes(`"${member}"`), `${detail} names ${member}`);
  }
  for (const [member, longest] of [
    ['body', 5462],
    ['preview', 2731],
  ] as const) {
    assert.ok('notification' in parseNotification({ ...good, [member]: 'A'.repeat(longest) }));
    assert.deepEqual(wrong({ ...good, [member]: 'A'.repeat(longest + 1) }), {
      outcome: 'rejected',
      reason: 'payload-too-large',
      detail: `"${member}"`,
    });
  }
});

test('a long unknown member makes no long detail', () => {
  assert.ok((wrong({ ...good, ['x'.repeat(100_000)]: 1 }).detail?.length ?? 0) < 200);
});

test('nothing makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.record({ id: fc.uuid() }).map(extra => ({ ...good, ...extra })),
      ),
      item => {
        parseNotification(item);
      },
    ),
  );
});
