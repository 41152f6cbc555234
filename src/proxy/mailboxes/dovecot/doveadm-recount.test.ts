import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { Secret } from '../../../runtime/secrets.ts';
import { doveadmRecount } from './doveadm-recount.ts';

const mailboxes = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `user${index}`, signInName: `User${index}` }));

function recount(respond: (body: unknown) => Response | Promise<Response>) {
  return doveadmRecount({
    url: 'http://127.0.0.1:1/doveadm/v1',
    apiKey: new Secret('key'),
    clock: new ManualClock(),
    fetch: async (_url, init) => respond(JSON.parse(String(init?.body))),
  });
}
const signal = new AbortController().signal;

test('every kind of answer is judged, by its tag and not its place', async () => {
  const all = await recount(() =>
    Response.json([
      ['error', { type: 'exitCode', exitCode: 67 }, '1'],
      ['doveadmResponse', [{ mailbox: 'INBOX', unseen: '4', uidvalidity: '9', highestmodseq: '12' }], '0'],
      ['error', { type: 'exitCode', exitCode: 68 }, '2'],
      ['error', { type: 'exitCode', exitCode: 75 }, '3'],
      ['doveadmResponse', [{ mailbox: 'INBOX', unseen: '0' }], '4'],
    ]),
  )(mailboxes(6), { signal });
  assert.deepEqual(
    all.map(result => (result.outcome === 'counted' ? result.count : result.outcome)),
    [
      { unseen: 4, version: { uidValidity: 9, modSeq: 12 } },
      'gone',
      'gone',
      'unreachable',
      { unseen: 0 },
      'unreachable',
    ],
  );
});

test('asks for a hundred mailboxes at a time, by the name that signs in', async () => {
  const sizes: number[] = [];
  const results = await recount(body => {
    const requests = body as [string, { user: string }, string][];
    sizes.push(requests.length);
    assert.match(requests[0]?.[1].user ?? '', /^User/);
    return Response.json(requests.map(([, , tag]) => ['doveadmResponse', [{ unseen: '1' }], tag]));
  })(mailboxes(250), { signal });
  assert.deepEqual(sizes, [100, 100, 50]);
  assert.equal(results.filter(({ outcome }) => outcome === 'counted').length, 250);
  assert.deepEqual(
    results.map(({ mailboxId }) => mailboxId),
    mailboxes(250).map(({ id }) => id),
  );
});

for (const [what, respond, detail] of [
  ['a refused key', () => new Response('', { status: 401 }), /API key is refused/],
  ['an error of the server', () => new Response('', { status: 500 }), /status 500/],
  ['something that is no JSON', () => new Response('<html>'), /something else than its API/],
  ['JSON of something else', () => Response.json({ a: 1 }), /something else than its API/],
  [
    'numbers that are none',
    () => Response.json([['doveadmResponse', [{ unseen: '1e9' }], '0']]),
    /something else/,
  ],
  ['an endless answer', () => new Response('x'.repeat(1_100_000)), /too large/],
  ['no connection', () => Promise.reject(new TypeError('fetch failed')), /fetch failed/],
] as const) {
  test(`${what} makes mailboxes unreachable, never gone`, async () => {
    const [result] = await recount(respond)(mailboxes(1), { signal });
    assert.ok(result?.outcome === 'unreachable');
    assert.match(result.detail, detail);
    assert.doesNotMatch(JSON.stringify(result), /key=|X-Dovecot/);
  });
}
