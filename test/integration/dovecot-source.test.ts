// The Dovecot source against a real Dovecot with its notify_status plugin: every kind of change, order under
// concurrent writers, what a missing or returning listener does, and hostile peers of the socket.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DovecotSourceConfig, parseProxyConfig } from '../../src/proxy/config.ts';
import { dovecotSourceOf } from '../../src/proxy/mailbox-source-of.ts';
import type { DovecotSource } from '../../src/proxy/mailboxes/dovecot/dovecot-source.ts';
import { RespListener } from '../../src/proxy/mailboxes/dovecot/resp-listener.ts';
import type { RecountResult } from '../../src/proxy/mailboxes/mailbox-source.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
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
import { patiently, until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const mailbox = (id: string, signInName = id) => ({ id, signInName });

describe('the Dovecot source', { skip: missing ?? false }, () => {
  let directory: string;
  let socket: string;
  let dovecot: Dovecot;
  const logged: string[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mbs-'));
    await chmod(directory, 0o755);
    socket = join(directory, 'dovecot.sock');
    dovecot = await Dovecot.start({
      users: ['alice', 'bob', 'carol@fabrikam.com', 'dave', 'erin', 'frank', 'late'],
      notify: { path: socket },
    });
  });
  after(async () => {
    await dovecot[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  function createSource(fields: Record<string, unknown> = {}): DovecotSource {
    const config = sourceConfig({
      listen: { path: socket, mode: '0666' }, // every mailbox of the fixture has its own uid
      recount: { kind: 'doveadm', url: dovecot.doveadmUrl, password: doveadmApiKey },
      imap: dovecot.imaps,
      ...fields,
    });
    const nameRule = { lowerCase: true, stripDomain: false };
    const logger = createLogger({ name: 'test', destination: { write: line => void logged.push(line) } });
    return dovecotSourceOf(config, nameRule, {
      fetch,
      clock: new SystemClock(),
      random: systemRandom,
      logger,
    });
  }

  async function watching(mailboxes: string[], fields?: Record<string, unknown>) {
    const source = createSource(fields);
    const log = new EventLog();
    await source.start(log.listener);
    for (const id of mailboxes) source.watch(mailbox(id));
    return { source, log };
  }

  async function counted(source: DovecotSource, id: string): Promise<number> {
    const [result] = await source.recount([mailbox(id)], patiently());
    assert.ok(result?.outcome === 'counted', JSON.stringify(result));
    return result.count.unseen;
  }

  test('tells the count of every change that another client makes', async () => {
    const { source, log } = await watching(['alice']);
    await using _source = source;
    using client = await dovecot.signIn('alice');
    await client.create('Elsewhere');
    await dovecot.deliver('alice');
    await log.settled('alice', 1);
    await dovecot.deliver('alice');
    await dovecot.deliver('alice');
    await log.settled('alice', 3);
    await client.select();
    await client.markSeen('1');
    await log.settled('alice', 2);
    await client.markUnseen('1');
    await log.settled('alice', 3);
    await client.move('1', 'Elsewhere');
    await log.settled('alice', 2);
    await client.expunge('1');
    await log.settled('alice', 1);
    await client.append();
    await log.settled('alice', 2);
    await client.command('FETCH 1:* BODY[]'); // sets \Seen by itself
    await log.settled('alice', 0);
    assert.equal(await counted(source, 'alice'), 0);
    assert.ok(log.events.every(event => event.kind === 'counted' && event.cause === 'event'));
    assert.deepEqual(source.ignored, {
      'foreign-key': 0,
      'malformed-name': 0,
      'malformed-value': 0,
      fault: 0,
    });
  });

  test('an event’s version is that of the recount, so that they order', async () => {
    const { source, log } = await watching(['dave']);
    await using _source = source;
    await dovecot.deliver('dave');
    await log.settled('dave', 1);
    const event = log.events.findLast(({ kind }) => kind === 'counted');
    assert.ok(event?.kind === 'counted' && event.count.version !== undefined);
    const [byDoveadm] = await source.recount([mailbox('dave')], patiently());
    assert.ok(byDoveadm?.outcome === 'counted');
    assert.deepEqual(byDoveadm.count, event.count);
    await using byMaster = createSource({ recount: { kind: 'master-user', master: dovecotMaster } });
    assert.deepEqual(await byMaster.recount([mailbox('dave')], patiently()), [byDoveadm]);
  });

  test('eight writers on one mailbox: the newest version, or a recount of its tie, is the truth', async () => {
    const { source, log } = await watching(['bob']);
    await using _source = source;
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        using client = await dovecot.signIn('bob');
        await client.select();
        for (let round = 0; round < 8; round += 1) {
          await client.append();
          await client.command('NOOP');
          if (writer % 2 === 0) await client.markSeen('*');
        }
      }),
    );
    const truth = await counted(source, 'bob');
    await log.untilTrue(() => newestAgrees(log, 'bob', truth), `bob's newest count is ${truth}`);
  });

  test('names are canonical: whatever the spelling of recipient and sign-in', async () => {
    const { source, log } = await watching(['carol@fabrikam.com']);
    await using _source = source;
    await dovecot.deliver('CAROL@Fabrikam.com');
    await log.settled('carol@fabrikam.com', 1);
    using client = await dovecot.signIn('Carol@FABRIKAM.com');
    await client.select();
    await client.markSeen('1');
    await log.settled('carol@fabrikam.com', 0);
    const [result] = await source.recount([mailbox('carol@fabrikam.com', 'CAROL@fabrikam.COM')], patiently());
    assert.ok(result?.outcome === 'counted' && result.count.unseen === 0);
  });

  test('only watched mailboxes are told of', async () => {
    const { source, log } = await watching(['erin', 'dave']);
    await using _source = source;
    source.unwatch('dave');
    await dovecot.deliver('dave');
    await dovecot.deliver('erin');
    await log.settled('erin', 1);
    assert.equal(log.newest('dave'), undefined);
  });

  test('without a listener mail still arrives; a new listener hears what comes next, and a recount the rest', async () => {
    const first = await watching(['frank']);
    using client = await dovecot.signIn('frank');
    await client.append();
    await first.log.settled('frank', 1);
    await first.source[Symbol.asyncDispose]();
    await dovecot.deliver('frank'); // lost as an event
    await client.append(); // by a session that was connected to the first listener
    const second = await watching(['frank']);
    await using _source = second.source;
    assert.equal(await counted(second.source, 'frank'), 3);
    await client.append();
    await second.log.settled('frank', 4);
  });

  test('a killed proxy’s socket is taken over; a running one’s, and a file, are not', async () => {
    const { source } = await watching([]);
    await assert.rejects(
      createSource().start(() => undefined),
      { code: 'address-in-use' },
    );
    await source[Symbol.asyncDispose]();
    const killed = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', killed]);
    assert.ok((await stat(socket)).isSocket());
    const again = await watching(['erin']);
    assert.equal((await stat(socket)).mode & 0o777, 0o666);
    await again.source[Symbol.asyncDispose]();
    await writeFile(socket, 'precious');
    await assert.rejects(
      createSource().start(() => undefined),
      { code: 'config-invalid' },
    );
    await rm(socket);
  });

  test('over TCP with a secret: a wrong prefix is ignored, logged once, and never printed', async () => {
    const secret = 'a-secret-of-the-prefix';
    await using source = createSource({ listen: { host: '127.0.0.1', port: 0 }, prefix_secret: secret });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('alice'));
    logged.length = 0;
    await using own = await Dovecot.start({
      users: ['alice'],
      notify: { port: source.port ?? 0, prefix: `${secret}/` },
    });
    await using stranger = await Dovecot.start({
      users: ['alice'],
      notify: { port: source.port ?? 0, prefix: 'a-wrong-secret/' },
    });
    await stranger.deliver('alice');
    await stranger.deliver('alice');
    await own.deliver('alice');
    await log.settled('alice', 1);
    assert.ok(!log.counts('alice').includes(2));
    await until('both are ignored', () => source.ignored['foreign-key'] >= 2); // Dovecot tells the creation of INBOX too
    assert.equal(logged.filter(line => line.includes('foreign-key')).length, 1);
    assert.doesNotMatch(logged.join(''), /a-secret-of|a-wrong-secret/);
  });

  test('TCP without a secret is refused', () => {
    assert.throws(() => createSource({ listen: { host: '127.0.0.1', port: 0 } }), {
      code: 'config-invalid',
      message: /prefix_secret is missing/,
    });
  });

  test('a deleted key and an unreadable value mean: something changed', async () => {
    const { source, log } = await watching(['alice']);
    await using _source = source;
    const peer = connect(socket);
    peer.write('*2\r\n$3\r\nDEL\r\n$18\r\nalice/status/INBOX\r\n');
    await log.until(event => event.kind === 'changed', 'the deletion is told');
    peer.write('*3\r\n$3\r\nSET\r\n$18\r\nalice/status/INBOX\r\n$3\r\n{"u\r\n');
    await log.untilTrue(() => log.events.filter(({ kind }) => kind === 'changed').length === 2, 'both told');
    peer.destroy();
    assert.equal(source.ignored['malformed-value'], 1);
  });

  test('an unknown user is gone; a wrong key or an absent server is unreachable', async () => {
    const outcomes = (results: RecountResult[]) => results.map(({ outcome }) => outcome);
    const { source } = await watching([]);
    await using _source = source;
    await dovecot.deliver('late');
    await dovecot.removeUser('late');
    assert.deepEqual(outcomes(await source.recount([mailbox('alice'), mailbox('late')], patiently())), [
      'counted',
      'gone',
    ]);
    const many = Array.from({ length: 130 }, (_, index) =>
      mailbox(index % 2 === 0 ? 'alice' : `nobody${index}`),
    );
    assert.deepEqual(
      outcomes(await source.recount(many, patiently())),
      many.map(({ id }) => (id === 'alice' ? 'counted' : 'gone')),
    );
    const doveadm = (fields: object) => ({ recount: { kind: 'doveadm', password: 'wrong', ...fields } });
    await using wrongKey = createSource(doveadm({ url: dovecot.doveadmUrl }));
    const [refused] = await wrongKey.recount([mailbox('alice')], patiently());
    assert.ok(
      refused?.outcome === 'unreachable' && /API key is refused/.test(refused.detail),
      JSON.stringify(refused),
    );
    await using away = createSource(doveadm({ url: 'http://127.0.0.1:1/doveadm/v1' }));
    assert.deepEqual(outcomes(await away.recount([mailbox('alice')], patiently())), ['unreachable']);
  });

  test('signing in is proved at the IMAP server', async () => {
    await using source = createSource();
    assert.deepEqual(await source.signIn('ALICE', new Secret(dovecotPassword)), { outcome: 'accepted' });
    assert.deepEqual(await source.signIn('alice', new Secret('wrong')), { outcome: 'refused' });
  });

  test('a quiet connection that was closed for room costs no event', async () => {
    const changes: string[] = [];
    const waiting = new EventLog();
    await using _listener = await RespListener.open({
      address: { path: socket, mode: '0666' },
      clock: new SystemClock(),
      maxConnections: 1,
      onChange: ({ value }) => {
        changes.push(value ?? '');
        waiting.listener({ kind: 'changed', mailboxId: 'erin', traceId: '', observedAt: 0 });
        return true;
      },
      onFault: () => undefined,
    });
    using client = await dovecot.signIn('erin');
    await client.append(); // this session's process keeps its connection
    await dovecot.deliver('erin'); // takes the only place
    await client.append();
    await waiting.untilTrue(() => changes.length === 3, 'three events');
  });

  test('whatever is sent to the socket, Dovecot’s events still come', async () => {
    const { source, log } = await watching(['erin']);
    await using _source = source;
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      '*999999999\r\n',
      '*1\r\n$999999\r\n',
      '\0'.repeat(100_000),
    ]) {
      const peer = connect(socket);
      const closed = new Promise(resolve => peer.on('error', () => undefined).on('close', resolve));
      peer.resume().write(bytes);
      await closed;
    }
    assert.equal(source.ignored.fault, 4);
    const before = await counted(source, 'erin');
    await dovecot.deliver('erin');
    await log.settled('erin', before + 1);
  });

  test('strangers make room for one another, and cut nobody off who has told something of ours', async () => {
    await using listener = await RespListener.open({
      address: { host: '127.0.0.1', port: 0 },
      clock: new SystemClock(),
      maxConnections: 3,
      onChange: ({ key }) => key === 'secret',
      onFault: () => undefined,
    });
    const open = async (key: string) => {
      const peer = connect(listener.port ?? 0, '127.0.0.1');
      peer.on('error', () => undefined); // cut in the middle of a write; 'close' follows
      const tell = async (): Promise<string> => {
        peer.write(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$1\r\n1\r\n`);
        return String((await once(peer, 'data'))[0]);
      };
      await tell();
      return { peer, tell };
    };
    const dovecots = await open('secret');
    for (let stranger = 0; stranger < 10; stranger++) await open('guessed');
    assert.equal(await dovecots.tell(), '+OK\r\n');
    assert.equal(await (await open('secret')).tell(), '+OK\r\n');
    assert.equal(await dovecots.tell(), '+OK\r\n');
  });

  test('a peer that begins a command and does not end it is cut off', async () => {
    const clock = new ManualClock();
    const faults: string[] = [];
    await using listener = await RespListener.open({
      address: { host: '127.0.0.1', port: 0 },
      clock,
      onChange: () => true,
      onFault: fault => void faults.push(fault),
    });
    const peer = connect(listener.port ?? 0, '127.0.0.1');
    peer.write('*1\r\n$4\r\nPING\r\n');
    peer.resume();
    await once(peer, 'data');
    await clock.advance(3_600_000); // quiet between commands is no fault
    assert.deepEqual(faults, []);
    peer.write('*1\r\n$4\r\nPI');
    while (clock.pendingTimers === 0) await new Promise(resolve => setImmediate(resolve));
    const closed = once(peer, 'close');
    await clock.advance(10_000);
    await closed;
    assert.deepEqual(faults, ['a command was not finished in time']);
    assert.equal(clock.pendingTimers, 0);
  });
});

function sourceConfig(fields: Record<string, unknown>): DovecotSourceConfig {
  const { source } = parseProxyConfig({
    public_url: 'https://proxy.example',
    mailboxes: { source: { kind: 'dovecot', ...fields } },
  }).mailboxes;
  assert.equal(source?.kind, 'dovecot');
  return source;
}

/** The counts at the highest version: all the same and true, or different (a tie, which whoever listens recounts). */
function newestAgrees(log: EventLog, mailboxId: string, truth: number): boolean {
  const told = log.events.flatMap(event =>
    event.kind === 'counted' && event.mailboxId === mailboxId ? [event.count] : [],
  );
  const highest = Math.max(...told.map(({ version }) => version?.modSeq ?? 0));
  const newest = new Set(
    told.filter(({ version }) => version?.modSeq === highest).map(({ unseen }) => unseen),
  );
  return newest.has(truth);
}
