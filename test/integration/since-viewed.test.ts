// Badges since a device's last view, and previews, from a real Dovecot's mail to what the icon wants: told by its
// events and looked at by either credential for recounts, and by an IMAP connection.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CountPolicy } from '../../src/contract/devices.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import { mailboxSourceOf } from '../../src/proxy/mailbox-source-of.ts';
import type { MailboxEvent } from '../../src/proxy/mailboxes/mailbox-source.ts';
import { InboxReader } from '../../src/proxy/unseen/inbox-reader.ts';
import { UnseenCounter } from '../../src/proxy/unseen/unseen-counter.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secrets.ts';
import { Dovecot, dovecotMaster, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { openProxyStages, subscribeRequest } from '../fixtures/proxy-stages.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const ways = ['Dovecot, recounted by doveadm', 'Dovecot, recounted as master user', 'IMAP'] as const;

describe('since-viewed, end to end', { skip: missing ?? false }, () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mbv-'));
    await chmod(directory, 0o755);
  });
  after(() => rm(directory, { recursive: true }));

  async function premises(way: (typeof ways)[number]) {
    const parts = new AsyncDisposableStack();
    const socket = join(directory, `${ways.indexOf(way)}.sock`);
    const dovecot = parts.use(
      await Dovecot.start({
        users: ['anna', 'ben'],
        ...(way === 'IMAP' ? {} : { notify: { path: socket } }),
      }),
    );
    const events = dovecot.eventSource(socket);
    const configured = {
      IMAP: { kind: 'imap', ...dovecot.imaps },
      'Dovecot, recounted by doveadm': events,
      'Dovecot, recounted as master user': {
        ...events,
        recount: { kind: 'master-user', master: dovecotMaster },
      },
    }[way];
    const config = parseProxyConfig({
      public_url: 'https://proxy.example',
      mailboxes: { source: configured },
    });
    const clock = new SystemClock();
    const searched: string[] = []; // the users, once for each search by doveadm
    const asking: typeof fetch = (url, init) => {
      const commands = JSON.parse(String(init?.body)) as [name: string, { user: string }][];
      for (const [name, { user }] of commands) if (name === 'search') searched.push(user);
      return fetch(url, init);
    };
    const collaborators = { fetch: asking, clock, random: systemRandom, logger: silentLogger };
    const source = mailboxSourceOf(config, collaborators);
    const told: MailboxEvent[] = [];
    const start = source.start.bind(source);
    source.start = listener =>
      start(event => {
        told.push(event);
        listener(event);
      });
    const stages = parts.use(await openProxyStages());
    parts.use(source);
    await stages.db.updateTable('mailbox').set({ sealed_password: 'sealed' }).execute();
    const openPassword = () => new Secret(dovecotPassword);
    const counter = parts.use(
      new UnseenCounter({
        ...stages,
        newest: stages.newestMessages,
        source,
        random: systemRandom,
        recountEveryMs: 3_600_000,
        openPassword,
        applyCounts: (transaction, counts) => stages.subscriptions.applyCounts(transaction, counts),
        countsApplied: () => undefined,
      }),
    );
    await counter.start();
    const inbox = new InboxReader({ db: stages.db, source, openPassword });
    const signal = AbortSignal.timeout(300_000);

    const device = async (
      name: string,
      policy: CountPolicy,
      { previews = false, mailboxId = 'anna' } = {},
    ) => {
      const { id, iconId } = await stages.subscriptions.subscribe(
        subscribeRequest({ mailboxId, policy, previews, installationId: name, target: name }),
      );
      counter.subscriptionsChanged();
      const own = { subscriptionId: id, mailboxId, installationId: name };
      return {
        shows: (badge: number) =>
          until(`${name} shows ${badge}`, async () => (await stages.icon(iconId)).wanted === badge),
        uidValidity: async () => {
          const rows = stages.db
            .selectFrom('subscription')
            .select('viewed_uid_validity')
            .where('id', '=', id);
          return (await rows.executeTakeFirst())?.viewed_uid_validity;
        },
        view: async () => {
          const read = await inbox.read(mailboxId, {}, { signal });
          assert.equal(read.outcome, 'read');
          const answer = await stages.subscriptions.viewed({ ...own, view: read.view });
          counter.subscriptionsChanged();
          return answer.badge;
        },
      };
    };
    return {
      dovecot,
      device,
      searched,
      told,
      newest: () => stages.newestMessages.get('anna')?.subject,
      counter,
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    };
  }

  for (const way of ways) {
    test(`${way}: mail comes, is viewed here, read there, and INBOX begins anew`, async () => {
      await using system = await premises(way);
      const { dovecot } = system;
      await dovecot.deliver('anna', 'before anybody subscribed');
      const phone = await system.device('phone', 'since-viewed');
      await phone.shows(0);
      await dovecot.deliver('anna');
      await phone.shows(1);
      const tablet = await system.device('tablet', 'since-viewed');
      const desk = await system.device('desk', 'unseen');
      await tablet.shows(0);
      await desk.shows(2);
      await dovecot.deliver('anna');
      await phone.shows(2);
      await tablet.shows(1);
      await desk.shows(3);
      assert.equal(await phone.view(), 0);
      await tablet.shows(1);
      await dovecot.deliver('anna');
      await phone.shows(1);
      await tablet.shows(2);
      {
        using client = await dovecot.signIn('anna');
        await client.select();
        await client.markSeen('4'); // read elsewhere
        await phone.shows(0);
        await tablet.shows(1);
        await client.markUnseen('1:4');
        await phone.shows(1);
        await tablet.shows(2);
        await client.expunge('4');
        await phone.shows(0);
        await tablet.shows(1);
        await desk.shows(3);
      }
      assert.equal(await tablet.view(), 0);

      const uidValidity = await phone.uidValidity();
      await dovecot.stop();
      await rm(join(dovecot.directory, 'mail/anna/Maildir'), { recursive: true });
      const second = Math.floor(Date.now() / 1000);
      await until('another second: UIDVALIDITY is one', () => Date.now() / 1000 > second + 1);
      await dovecot.restart();
      await dovecot.deliver('anna'); // with a UID that was viewed before
      await desk.shows(1);
      await until('the new INBOX was looked at', async () => (await phone.uidValidity()) !== uidValidity);
      await phone.shows(0);
      await dovecot.deliver('anna');
      await phone.shows(1);
      await desk.shows(2);
      await phone.view();
      await phone.shows(0);
    });

    test(`${way}: a preview is there when its badge is`, async () => {
      await using system = await premises(way);
      const phone = await system.device('phone', 'unseen', { previews: true });
      await phone.shows(0);
      for (const [index, subject] of ['one', '=?big5?B?p0GmbqFBpUCsyQ==?=', 'three'].entries()) {
        await system.dovecot.deliver('anna', subject);
        await phone.shows(index + 1);
        assert.equal(system.newest(), index === 1 ? '你好，世界' : subject);
      }
      using client = await system.dovecot.signIn('anna');
      await client.select();
      await client.markSeen('3');
      await phone.shows(2);
      await until('the newest is another', () => system.newest() === '你好，世界');
    });
  }

  test('one search an event, and none where nobody counts since a view', async () => {
    await using system = await premises('Dovecot, recounted by doveadm');
    const { dovecot, searched, told } = system;
    const of = (user: string) => searched.filter(each => each === user).length;
    const phone = await system.device('phone', 'since-viewed');
    const desk = await system.device('desk', 'unseen', { mailboxId: 'ben' });
    await until('the phone counts from somewhere', async () => (await phone.uidValidity()) !== null);
    for (let mails = 1; mails <= 8; mails += 1) {
      await dovecot.deliver('anna');
      await dovecot.deliver('ben');
      await phone.shows(mails);
      await desk.shows(mails);
    }
    const events = told.filter(({ mailboxId }) => mailboxId === 'anna').length;
    assert.ok(of('anna') > 0, 'by which its badge is known');
    // the look that the subscription itself asks for may meet the first mail
    assert.ok(of('anna') <= events + 1, `${of('anna')} searches after ${events} events`);
    assert.equal(of('ben'), 0);
  });
});
