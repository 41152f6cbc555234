import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { badgePayloadSchema } from '../contract/badge-payload.ts';
import { challengePayloadSchema } from '../contract/registration.ts';
import { pushPayload } from './payloads.ts';

const icon = 'fl7M9MURbrdi9es-4aUG3A';
const badge = { v: 1, kind: 'badge', subscription: icon, badge: 5, rev: 4, presentation: 'badge' } as const;
const preview = {
  mailbox: 'anna@fabrikam.com',
  from: 'Ben',
  subject: '<img src=x onerror=alert(1)>',
  receivedAt: 1,
};

test('badges, codes, and badges in a declarative message are read', () => {
  const read = (payload: unknown) => pushPayload(JSON.stringify(payload));
  assert.deepEqual(read(badge), badge);
  assert.deepEqual(read({ ...badge, preview }), { ...badge, preview });
  const challenge = { v: 1, kind: 'challenge', code: 'cQd15CkWrQXdMZtM8EwH0A' };
  assert.deepEqual(read(challenge), challenge);
  assert.deepEqual(
    read({ web_push: 8030, notification: { title: '5' }, app_badge: 5, mailbadge: badge }),
    badge,
  );
});

const hostile: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['no JSON', '{"v":1'],
  ['a list', `[${JSON.stringify(badge)}]`],
  ['null', 'null'],
  ['another version', JSON.stringify({ ...badge, v: 2 })],
  ['another kind', JSON.stringify({ ...badge, kind: 'badges' })],
  ['a negative badge', JSON.stringify({ ...badge, badge: -1 })],
  ['a huge badge', JSON.stringify({ ...badge, badge: 2_147_483_648 })],
  ['a fraction', JSON.stringify({ ...badge, badge: 1.5 })],
  ['infinity', JSON.stringify(badge).replace('"badge":5', '"badge":1e999')],
  ['no number', JSON.stringify({ ...badge, badge: '5' })],
  ['NaN, which JSON has not', JSON.stringify({ ...badge, badge: NaN })],
  ['a negative rev', JSON.stringify({ ...badge, rev: -1 })],
  ['an id that is a path', JSON.stringify({ ...badge, subscription: '../../x' })],
  ['an id that is an object', JSON.stringify({ ...badge, subscription: { length: 22 } })],
  ['a preview of the wrong form', JSON.stringify({ ...badge, preview: { ...preview, subject: ['x'] } })],
  ['members that are inherited', `{"__proto__":${JSON.stringify(badge)}}`],
  ['a constructor', '{"constructor":{"prototype":{"v":1}}}'],
  ['a code that is HTML', '{"v":1,"kind":"challenge","code":"<b>"}'],
  ['a code that is long', JSON.stringify({ v: 1, kind: 'challenge', code: 'A'.repeat(65) })],
  [
    'declarative, not ours',
    '{"web_push":8030,"notification":{"title":"x","navigate":"https://evil.example"}}',
  ],
  ['100 kB', JSON.stringify({ ...badge, filling: 'x'.repeat(100_000) })],
  ['deep', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['as deep as fits', `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`],
];

for (const [name, text] of hostile) {
  test(`ignored: ${name}`, () => assert.equal(pushPayload(text), undefined));
}

test('whatever is read, the contract would have taken', () => {
  const value = fc.oneof(fc.constantFrom(1, 'badge', 'challenge', icon, 5, null), fc.jsonValue());
  const names = ['v', 'kind', 'subscription', 'badge', 'rev', 'presentation', 'code', 'preview'] as const;
  const payload = fc.record(Object.fromEntries(names.map(name => [name, value])), { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(payload, fc.jsonValue()), candidate => {
      const read = pushPayload(JSON.stringify({ ...badge, ...(candidate as object) }));
      if (read?.kind === 'badge') badgePayloadSchema.parse(read);
      if (read?.kind === 'challenge') challengePayloadSchema.parse(read);
    }),
  );
});
