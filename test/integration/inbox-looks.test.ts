// Looks into the INBOXes of a real Dovecot, by every way that the proxy has, with messages that were made to break
// what reads them. Each way must tell the same.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import { mailboxSourceOf } from '../../src/proxy/mailbox-source-of.ts';
import type {
  Look,
  MailboxCount,
  MailboxSource,
  WatchedMailbox,
} from '../../src/proxy/mailboxes/mailbox-source.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secrets.ts';
import {
  Dovecot,
  doveadmApiKey,
  dovecotMaster,
  dovecotPassword,
  dovecotUnavailable,
} from '../fixtures/dovecot.ts';
import { EventLog } from '../fixtures/event-log.ts';
import { patiently } from '../fixtures/until.ts';

const missing = dovecotUnavailable();

const ways = {
  'IMAP, watched': { kind: 'imap' },
  'IMAP, a short visit': { kind: 'imap' },
  'IMAP, as master user': { kind: 'imap', master: dovecotMaster },
  'Dovecot’s doveadm': { kind: 'dovecot', recount: 'doveadm' },
  'Dovecot, as master user': { kind: 'dovecot', recount: 'master-user' },
} as const;

/** Each with what is to be read of it: name, address, subject, id. */
const messages: [message: string | Buffer, ...read: (string | null)[]][] = [
  [
    'From: "Doe, John" <john@x.org>, b@c.d\nSubject: plain\nMessage-ID: <1@x>',
    'Doe, John',
    'john@x.org',
    'plain',
    '1@x',
  ],
  [
    'From: =?GB18030?B?1cXI/Q==?= <z@x.cn>\nSubject: =?GB18030?B?xOO6w6OsysC95w==?=',
    '张三',
    'z@x.cn',
    '你好，世界',
    null,
  ],
  ['From: z@x.tw\nSubject: =?big5?B?p0GmbqFBpUCsyQ==?=', null, 'z@x.tw', '你好，世界', null],
  [
    'From: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <j@x.jp>\nSubject: =?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=',
    '日本',
    'j@x.jp',
    'こんにちは',
    null,
  ],
  ['From: team: a@b.c, d@e.f;\nSubject: folded\n over\n lines', null, 'a@b.c', 'folded over lines', null],
  ['Subject: nobody', null, null, 'nobody', null],
  ['', null, null, null, null],
  ['From: <>\nSubject: \x01\x1b[31m\u202egnp.exe', null, null, '[31mgnp.exe', null],
  [
    `From: ${'y'.repeat(900)} <long@x.org>\nSubject: ${'s'.repeat(900)}`,
    'y'.repeat(100),
    'long@x.org',
    's'.repeat(250),
    null,
  ],
  ['From: a@b.c\nSubject: =?utf-8?B?!!!', null, 'a@b.c', '=?utf-8?B?!!!', null],
];

describe('looks into INBOX', { skip: missing ?? false }, () => {
  let dovecot: Dovecot;
  const appended = { from: 0, to: 0 };
  before(async () => {
    dovecot = await Dovecot.start({ users: ['alice', 'bob', 'carol', 'dave', 'erin'] });
    using alice = await dovecot.signIn('alice');
    appended.from = Date.now() - 2000; // a mail server tells whole seconds, of a clock that it reads now and then
    for (const [headers] of messages) await alice.append({ message: toMessage(headers) });
    appended.to = Date.now();
  });
  after(async () => {
    await dovecot[Symbol.asyncDispose]();
  });

  function sourceOf(way: (typeof ways)[keyof typeof ways]): MailboxSource {
    const imap = dovecot.imaps;
    const recount =
      'recount' in way && way.recount === 'doveadm'
        ? { kind: 'doveadm', url: dovecot.doveadmUrl, password: doveadmApiKey }
        : { kind: 'master-user', master: dovecotMaster };
    const source =
      way.kind === 'imap'
        ? { ...imap, ...way }
        : { kind: 'dovecot', listen: { path: '/nowhere' }, recount, imap };
    const config = parseProxyConfig({ public_url: 'https://proxy.example', mailboxes: { source } });
    const clock = new SystemClock();
    return mailboxSourceOf(config, { fetch, clock, random: systemRandom, logger: silentLogger });
  }

  /** How to look into somebody's INBOX by one of the ways. */
  async function looking(way: keyof typeof ways, user: string) {
    const source = sourceOf(ways[way]);
    const mailbox: WatchedMailbox = { id: user, signInName: user, password: new Secret(dovecotPassword) };
    if (way === 'IMAP, watched') {
      const log = new EventLog();
      await source.start(log.listener);
      source.watch(mailbox);
      await log.until(event => event.kind === 'counted', 'it is watched');
    }
    return {
      look: async (look: Look): Promise<Required<Pick<MailboxCount, 'unseen' | 'view'>>> => {
        const [result] = await source.recount([{ ...mailbox, look }], {
          ...patiently(),
        });
        assert.ok(result?.outcome === 'counted' && result.count.view !== undefined, JSON.stringify(result));
        return { unseen: result.count.unseen, view: result.count.view };
      },
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  }

  for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
    test(`${way}: nasty messages are listed, newest first, and stay unseen`, async () => {
      await using inbox = await looking(way, 'alice');
      const { unseen, view } = await inbox.look({ newest: 20 });
      assert.equal(unseen, messages.length);
      assert.equal(view.uidNext, messages.length + 1);
      assert.deepEqual(view.unseenSince, []);
      const listed = view.newest.map(({ uid, fromName, fromAddress, subject, messageId, receivedAt }) => {
        assert.ok(receivedAt >= appended.from && receivedAt <= appended.to, `received at ${receivedAt}`);
        return [uid, fromName, fromAddress, subject, messageId];
      });
      assert.deepEqual(listed, messages.map(([, ...read], index) => [index + 1, ...read]).reverse());
      using alice = await dovecot.signIn('alice');
      assert.equal(await alice.unseen(), messages.length);
    });

    test(`${way}: a message with endless headers costs no count, and hides no other`, async () => {
      const user = 'bob';
      using client = await dovecot.signIn(user);
      await client.select();
      if ((await client.command('SEARCH ALL')).join() === '* SEARCH') {
        await client.append({ message: toMessage('Subject: before') });
        const endless = `From: a@b.c\nSubject: short\nX-Endless: ${'x'.repeat(3_000_000)}`;
        await client.append({ message: toMessage(endless) });
        const from = Array.from({ length: 3000 }, () => ` ${'z'.repeat(900)}`).join('\n');
        await client.append({
          message: toMessage(`From: y\n${from} <a@b.c>\nSubject: after\nMessage-ID: <3@x>`),
        });
        await client.append({ message: toMessage('Subject: last') });
      }
      await using inbox = await looking(way, user);
      const { unseen, view } = await inbox.look({ newest: 20, sinceUid: 2 });
      assert.equal(unseen, 4);
      assert.deepEqual(view.unseenSince, [2, 3, 4]);
      assert.deepEqual(
        view.newest.map(({ uid, subject }) => [uid, subject]),
        [
          [4, 'last'],
          [3, null], // nobody reads so far
          [2, 'short'],
          [1, 'before'],
        ],
      );
    });
  }

  test('unseen since a UID, whatever was read or removed meanwhile; every way tells the same', async () => {
    using client = await dovecot.signIn('carol');
    await client.select();
    for (let n = 0; n < 8; n += 1) await client.append();
    await client.markSeen('2,6');
    await client.expunge('8');
    for (const [look, expected] of [
      [{ sinceUid: 1 }, [1, 3, 4, 5, 7]],
      [{ sinceUid: 5 }, [5, 7]],
      [{ sinceUid: 6 }, [7]],
      [{ sinceUid: 8 }, []],
      [{ sinceUid: 9 }, []],
      [{ sinceUid: 4_294_967_295 }, []],
      [{}, []],
    ] as const) {
      for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
        await using inbox = await looking(way, 'carol');
        const { unseen, view } = await inbox.look(look);
        assert.equal(unseen, 5);
        assert.deepEqual(view.unseenSince, expected, `${way} ${JSON.stringify(look)}`);
        assert.equal(view.uidNext, 9, way);
        assert.deepEqual(view.newest, []);
      }
    }
  });

  test('an empty INBOX, and one in which everything is read', async () => {
    using client = await dovecot.signIn('dave');
    await client.select();
    for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
      await using inbox = await looking(way, 'dave');
      const { view } = await inbox.look({ sinceUid: 1, newest: 3 });
      assert.deepEqual([view.uidNext, view.unseenSince, view.newest], [1, [], []], way);
    }
    await client.append({ seen: true });
    for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
      await using inbox = await looking(way, 'dave');
      const { view } = await inbox.look({ sinceUid: 1, newest: 3 });
      assert.deepEqual([view.uidNext, view.unseenSince, view.newest], [2, [], []], way);
    }
  });

  test('the watched connection tells what its look asks for with each event, and who reads beside it gets their own', async () => {
    await using source = sourceOf(ways['IMAP, watched']);
    const log = new EventLog();
    await source.start(log.listener);
    const erin = { id: 'erin', signInName: 'erin', password: new Secret(dovecotPassword) };
    source.watch(erin);
    await log.settled('erin', 0);
    const newest = () => log.events.findLast(event => event.kind === 'counted')?.count;
    assert.equal(newest()?.view, undefined, 'nobody pays for what nobody needs');
    source.watch({ ...erin, look: { sinceUid: 2, newest: 1 } });
    for (const subject of ['one', 'two', 'three']) await dovecot.deliver('erin', subject);
    await log.settled('erin', 3);
    const view = newest()?.view;
    assert.deepEqual(
      [view?.unseenSince, view?.uidNext, view?.newest.map(({ subject }) => subject)],
      [[2, 3], 4, ['three']],
    );
    const [read] = await source.recount([{ ...erin, look: { newest: 2 } }], patiently());
    assert.ok(read?.outcome === 'counted');
    assert.deepEqual(
      read.count.view?.newest.map(({ subject }) => subject),
      ['three', 'two'],
    );
    using client = await dovecot.signIn('erin');
    await client.select();
    await client.markSeen('2');
    await log.settled('erin', 2);
    assert.deepEqual(newest()?.view?.unseenSince, [3]);
    assert.equal(newest()?.view?.newest.length, 1);
  });

  test('two thousand unseen messages and more: the newest are found by any way', async () => {
    await dovecot.setUser('frank');
    using client = await dovecot.signIn('frank');
    await client.append();
    await client.select();
    for (let n = 1; n < 2048; n *= 2) await client.command('COPY 1:* INBOX');
    await client.command('COPY 1:252 INBOX');
    await client.markSeen('2201:2295');
    for (const way of ['Dovecot’s doveadm', 'IMAP, a short visit'] as const) {
      await using inbox = await looking(way, 'frank');
      const { unseen, view } = await inbox.look({ newest: 7, sinceUid: 2190 });
      assert.equal(unseen, 2205);
      assert.deepEqual(
        view.newest.map(({ uid }) => uid),
        [2300, 2299, 2298, 2297, 2296, 2200, 2199],
      );
      assert.equal(view.unseenSince.length, 16);
    }
    await client.markSeen('300:2300');
    await client.markUnseen('300:310');
    await client.markUnseen('2299');
    for (const way of ['Dovecot’s doveadm', 'IMAP, a short visit'] as const) {
      await using inbox = await looking(way, 'frank');
      const { view } = await inbox.look({ newest: 3 });
      assert.deepEqual(
        view.newest.map(({ uid }) => uid),
        [2299, 310, 309],
        way,
      );
    }
  });
});

function toMessage(headers: string | Buffer): Buffer {
  const text = typeof headers === 'string' ? headers.replaceAll('\n', '\r\n') : headers;
  return Buffer.concat([Buffer.from(text), Buffer.from(`${headers.length === 0 ? '' : '\r\n'}\r\nbody`)]);
}
