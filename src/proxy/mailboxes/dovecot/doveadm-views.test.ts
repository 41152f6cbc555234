import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { Secret } from '../../../runtime/secrets.ts';
import type { Look } from '../mailbox-source.ts';
import { doveadmRecount } from './doveadm-recount.ts';

type Request = [
  command: string,
  parameters: { user: string; query?: string[]; field?: string[] },
  tag: string,
];

/** A Dovecot in which everybody has these unseen messages; `respond` may answer otherwise. */
async function view(
  look: Look,
  {
    unseen = [1, 2, 3],
    uidNext = 4,
    users = 1,
    respond = () => undefined,
  }: {
    unseen?: number[];
    uidNext?: number;
    users?: number;
    respond?: (requests: Request[]) => Response | undefined;
  } = {},
) {
  const asked: Request[][] = [];
  const recount = doveadmRecount({
    url: 'http://127.0.0.1:1/doveadm/v1',
    apiKey: new Secret('key'),
    clock: new ManualClock(),
    fetch: async (_url, init) => {
      const requests = JSON.parse(String(init?.body)) as Request[];
      asked.push(requests);
      return respond(requests) ?? Response.json(requests.map(answer));
    },
  });
  const answer = ([command, { query, field }, tag]: Request): unknown => {
    const status = {
      unseen: `${unseen.length}`,
      uidvalidity: '9',
      uidnext: `${uidNext}`,
      highestmodseq: '5',
    };
    const [from = 0] = (query?.at(-1) ?? '').split(':').map(Number);
    // n:* holds the last message, whatever its UID.
    const found = unseen.filter(uid => uid >= Math.min(from, uidNext - 1)).map(uid => ({ uid: `${uid}` }));
    const words = field?.includes('hdr.subject') === true ? { 'hdr.subject': `message ${from}` } : {};
    const message = { uid: `${from}`, 'date.received.unixtime': '7', ...words };
    const rows = { mailboxStatus: [status], search: found, fetch: [message] }[command];
    return ['doveadmResponse', rows, tag];
  };
  const mailboxes = Array.from({ length: users }, (_, n) => ({
    id: `user${n}`,
    signInName: `user${n}`,
    look,
  }));
  const results = await recount(mailboxes, { signal: new AbortController().signal });
  const counts = results.map(result => (result.outcome === 'counted' ? result.count : undefined));
  return { counts, view: counts[0]?.view, asked };
}

const commands = (asked: Request[][]) => asked.flat().map(([command]) => command);

test('nothing is asked that the look does not need', async () => {
  assert.deepEqual(commands((await view({})).asked), ['mailboxStatus']);
  assert.deepEqual(commands((await view({ sinceUid: 4 })).asked), ['mailboxStatus']);
  assert.deepEqual(commands((await view({ sinceUid: 1, newest: 5 }, { unseen: [] })).asked), [
    'mailboxStatus',
  ]);
  assert.deepEqual(commands((await view({ sinceUid: 2 })).asked), ['mailboxStatus', 'search']);
  assert.deepEqual(commands((await view({ newest: 2 })).asked), [
    'mailboxStatus',
    'search',
    'fetch',
    'fetch',
  ]);
});

test('the last message is not taken for one that came since', async () => {
  const { view: seen } = await view({ sinceUid: 5 }, { uidNext: 6 });
  assert.deepEqual(seen, { uidValidity: 9, uidNext: 6, sinceUid: 5, unseenSince: [], newest: [] });
});

test('the newest are looked for in a window first, and further back only when it holds too few', async () => {
  const many = Array.from({ length: 2500 }, (_, index) => index + 1);
  const searches = ({ asked }: { asked: Request[][] }) =>
    asked.flat().flatMap(([command, { query }]) => (command === 'search' ? [query?.at(-1)] : []));
  const recent = await view({ newest: 2 }, { unseen: many, uidNext: 2501 });
  assert.deepEqual(searches(recent), ['501:*']);
  const old = await view({ newest: 2 }, { unseen: many, uidNext: 9001 });
  assert.deepEqual(searches(old), ['7001:*', '1:*']);
  assert.deepEqual(
    old.view?.newest.map(({ uid }) => uid),
    [2500, 2499],
  );
});

test('an answer that is too large is asked for in halves: one message loses its words, and no other', async () => {
  const { view: seen, counts } = await view(
    { newest: 3 },
    {
      users: 20,
      respond: requests =>
        requests.some(
          ([command, { user, query, field }]) =>
            command === 'fetch' && user === 'user0' && query?.at(-1) === '2' && field?.includes('hdr.from'),
        )
          ? new Response('x'.repeat(1_100_000))
          : undefined,
    },
  );
  const subjects = seen?.newest.map(({ subject, receivedAt }) => [subject, receivedAt]);
  assert.deepEqual(subjects, [
    ['message 3', 7000],
    [null, 7000],
    ['message 1', 7000],
  ]);
  for (const count of counts.slice(1)) assert.equal(count?.view?.newest[1]?.subject, 'message 2');
});

for (const [what, failing] of [
  ['a search', 'search'],
  ['reading headers', 'fetch'],
] as const) {
  test(`${what} that fails costs no count`, async () => {
    const { counts } = await view(
      { newest: 1, sinceUid: 2 },
      {
        respond: requests =>
          requests.some(([command]) => command === failing) ? new Response('', { status: 500 }) : undefined,
      },
    );
    assert.equal(counts[0]?.unseen, 3);
    assert.deepEqual(counts[0]?.view?.unseenSince, failing === 'search' ? undefined : [2, 3]);
  });
}
