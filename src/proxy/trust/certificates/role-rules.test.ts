import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Candidate, judgeRoleAct, type RoleAct, type Roles, type Verdict } from './role-rules.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = Date.UTC(2026, 5, 1, 12);

function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  return {
    id,
    thumbprint: id.toUpperCase(),
    notBefore: now - 100 * dayMs,
    notAfter: now + 1000 * dayMs,
    registeredAt: now - dayMs,
    credentialEndsAt: null,
    ...more,
  };
}

const [a, b, c, d] = [candidate('a'), candidate('b'), candidate('c'), candidate('d')];
const stagedB = { ...b, effectiveAt: now + 72 * hourMs };
const none: Roles = { current: undefined, previous: undefined, next: undefined };
const onlyA: Roles = { ...none, current: a };
const full: Roles = { current: a, previous: c, next: stagedB };

function judge(roles: Roles, act: RoleAct, { connected = true } = {}): Verdict {
  return judgeRoleAct(roles, act, { now, connected });
}

/** Such as "done current=a previous=c", "confirm(2) …", "refused certificate-is-next", "unchanged". */
function text(verdict: Verdict): string {
  if (verdict.kind === 'refused') return `refused ${verdict.code}`;
  if (verdict.kind === 'unchanged') return 'unchanged';
  const { current, previous, next } = verdict.roles;
  const roles = Object.entries({ current, previous, next })
    .filter(([, certificate]) => certificate !== undefined)
    .map(([role, certificate]) => `${role}=${certificate?.id}`);
  const asked = verdict.kind === 'confirm' ? `confirm(${verdict.questions.length})` : 'done';
  const warned = verdict.warnings.length > 0 ? [`warnings=${verdict.warnings.length}`] : [];
  return [asked, ...roles, ...warned].join(' ');
}

const use = (certificate: Candidate | undefined): RoleAct => ({ act: 'use', certificate });
const stage = (certificate: Candidate | undefined, inMs: number | undefined): RoleAct => ({
  act: 'stage',
  certificate,
  effectiveAt: inMs === undefined ? undefined : now + inMs,
});
const publish: RoleAct = { act: 'publish', clearPrevious: false };

const expired = candidate('x', { notAfter: now });
const future = candidate('x', { notBefore: now + 1 });
const unknown = candidate('x', { registeredAt: null });

const table: [name: string, roles: Roles, act: RoleAct, verdict: string][] = [
  ['the first certificate is taken without a question', none, use(a), 'done current=a'],
  ['the current one stays', full, use(a), 'unchanged'],
  ['the next one is to be published instead', full, use(b), 'refused certificate-is-next'],
  ['the current one cannot be taken away', full, use(undefined), 'refused usage'],
  [
    'the previous one is taken with a warning',
    full,
    use(c),
    'confirm(1) current=c previous=a next=b warnings=1',
  ],
  ['another one is taken after a question', full, use(d), 'confirm(1) current=d previous=a next=b'],
  [
    'one that the relay does not know is a second question',
    onlyA,
    use(unknown),
    'confirm(2) current=x previous=a',
  ],
  ['an expired one is refused', onlyA, use(expired), 'refused certificate-expired'],
  ['one not valid yet is refused', onlyA, use(future), 'refused certificate-not-yet-valid'],

  ['48 hours ahead asks nothing', onlyA, stage(b, 48 * hourMs), 'done current=a next=b'],
  ['less asks', onlyA, stage(b, 48 * hourMs - 1), 'confirm(1) current=a next=b'],
  ['five minutes ago still counts', onlyA, stage(b, -5 * 60_000), 'confirm(1) current=a next=b'],
  ['before that is refused', onlyA, stage(b, -5 * 60_000 - 1), 'refused effective-date-invalid'],
  ['after its own end is refused', onlyA, stage(b, 1000 * dayMs), 'refused effective-date-invalid'],
  ['the current one is refused', full, stage(a, 72 * hourMs), 'refused certificate-is-current'],
  [
    'the previous one is staged with a warning, another is replaced',
    full,
    stage(c, 72 * hourMs),
    'confirm(1) current=a next=c warnings=1',
  ],
  [
    'a staged one is replaced after a question',
    full,
    stage(d, 72 * hourMs),
    'confirm(1) current=a previous=c next=d',
  ],
  ['both at once are two questions', full, stage(d, hourMs), 'confirm(2) current=a previous=c next=d'],
  ['the same for the same date changes nothing', full, stage(b, 72 * hourMs), 'unchanged'],
  ['the same for another date asks', full, stage(b, 96 * hourMs), 'confirm(1) current=a previous=c next=b'],
  ['a certificate without a date is refused', onlyA, stage(b, undefined), 'refused usage'],
  ['a date without a certificate is refused', onlyA, stage(undefined, hourMs), 'refused usage'],
  [
    'none clears the next one after a question',
    full,
    stage(undefined, undefined),
    'confirm(1) current=a previous=c',
  ],
  ['none where none is changes nothing', onlyA, stage(undefined, undefined), 'unchanged'],
  [
    'one that the relay does not know is staged with a warning',
    onlyA,
    stage(unknown, 72 * hourMs),
    'done current=a next=x warnings=1',
  ],
  [
    'a gap after the current one’s end is a warning',
    { ...none, current: candidate('a', { notAfter: now + dayMs }) },
    stage(b, 72 * hourMs),
    'done current=a next=b warnings=1',
  ],
  ['an expired one is not staged', onlyA, stage(expired, 72 * hourMs), 'refused certificate-expired'],

  ['nothing to publish', onlyA, publish, 'refused certificate-not-staged'],
  ['published before its date after a question', full, publish, 'confirm(1) current=b previous=a'],
  [
    'published at its date',
    { ...full, next: { ...b, effectiveAt: now } },
    publish,
    'done current=b previous=a',
  ],
  [
    'published, the previous one forgotten',
    { ...full, next: { ...b, effectiveAt: now } },
    { act: 'publish', clearPrevious: true },
    'done current=b',
  ],
  [
    'published although the relay does not know it, after a question',
    { ...full, next: { ...unknown, effectiveAt: now } },
    publish,
    'confirm(1) current=x previous=a',
  ],
  [
    'an expired next one is not published',
    { ...full, next: { ...expired, effectiveAt: now } },
    publish,
    'refused certificate-expired',
  ],

  ['the previous one is cleared', full, { act: 'clear-previous' }, 'done current=a next=b'],
  ['no previous one to clear', onlyA, { act: 'clear-previous' }, 'unchanged'],

  ['nothing to roll', onlyA, { act: 'roll' }, 'unchanged'],
  ['not rolled before its date', full, { act: 'roll' }, 'unchanged'],
  [
    'rolled at its date',
    { ...full, next: { ...b, effectiveAt: now } },
    { act: 'roll' },
    'done current=b previous=a',
  ],
  [
    'rolled before its date when the current one has ended',
    { ...full, current: candidate('a', { notAfter: now }) },
    { act: 'roll' },
    'done current=b previous=a',
  ],
  [
    'and when its credential has',
    { ...full, current: candidate('a', { credentialEndsAt: now }) },
    { act: 'roll' },
    'done current=b previous=a',
  ],
  [
    'not rolled while the relay does not know it',
    { ...full, next: { ...unknown, effectiveAt: now } },
    { act: 'roll' },
    'unchanged',
  ],
  [
    'unless the current one is worth nothing',
    { ...full, current: expired, next: { ...candidate('y', { registeredAt: null }), effectiveAt: now } },
    { act: 'roll' },
    'done current=y previous=x',
  ],
  [
    'an expired next one is not rolled',
    { ...full, next: { ...expired, effectiveAt: now } },
    { act: 'roll' },
    'refused certificate-expired',
  ],
];

for (const [name, roles, act, expected] of table) {
  test(`${act.act}: ${name}`, () => assert.equal(text(judge(roles, act)), expected));
}

test('without a relay nobody asks whether it knows a certificate', () => {
  assert.equal(text(judge(onlyA, use(unknown), { connected: false })), 'confirm(1) current=x previous=a');
  const due = { ...full, next: { ...unknown, effectiveAt: now } };
  assert.equal(text(judge(due, { act: 'roll' }, { connected: false })), 'done current=x previous=a');
});

test('every refusal has a remedy, and every instant in a text is UTC', () => {
  for (const [, roles, act] of table) {
    const verdict = judge(roles, act);
    if (verdict.kind === 'refused') assert.ok(verdict.hint.length > 10);
    for (const [found] of JSON.stringify(verdict).matchAll(/\d{4}-\d\d-\d\dT[\d:.]+(.)/g)) {
      assert.match(found, /Z$/);
    }
  }
});

test('whatever is done, no certificate has two roles, and a current one stays', () => {
  const pool = [a, b, c, d, expired, unknown];
  const any = fc.option(fc.constantFrom(...pool), { nil: undefined });
  const roles = fc
    .record({ current: any, previous: any, next: any, inMs: fc.integer({ min: -dayMs, max: dayMs }) })
    .filter(({ current, previous, next }) => {
      const ids = [current, previous, next].filter(each => each !== undefined).map(({ id }) => id);
      return new Set(ids).size === ids.length;
    })
    .map(({ current, previous, next, inMs }) => ({
      current,
      previous,
      next: next === undefined ? undefined : { ...next, effectiveAt: now + inMs },
    }));
  const act = fc.oneof(
    any.map(use),
    fc
      .tuple(any, fc.option(fc.integer({ min: -dayMs, max: 5 * dayMs }), { nil: undefined }))
      .map(pair => stage(...pair)),
    fc.boolean().map((clearPrevious): RoleAct => ({ act: 'publish', clearPrevious })),
    fc.constantFrom<RoleAct>({ act: 'clear-previous' }, { act: 'roll' }),
  );
  fc.assert(
    fc.property(roles, act, fc.boolean(), (before, what, connected) => {
      const verdict = judgeRoleAct(before, what, { now, connected });
      if (verdict.kind !== 'done' && verdict.kind !== 'confirm') return;
      const { current, previous, next } = verdict.roles;
      const ids = [current, previous, next].filter(each => each !== undefined).map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      if (before.current !== undefined) assert.notEqual(current, undefined);
      if (current?.id !== before.current?.id) assert.ok((current?.notAfter ?? 0) > now);
    }),
  );
});
