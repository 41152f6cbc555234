// The IMAP source against a real Dovecot: every kind of change by an independent second client, and every way in
// which a connection fails.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ImapSourceConfig, parseProxyConfig } from '../../src/proxy/config.ts';
import { ImapSource } from '../../src/proxy/mailboxes/imap/imap-source.ts';
import { type Clock, SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secrets.ts';
import { Dovecot, dovecotMaster, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { EventLog } from '../fixtures/event-log.ts';
import { MovingClock } from '../fixtures/moving-clock.ts';
import { RunningClock } from '../fixtures/running-clock.ts';
import { makeTlsCertificate } from '../fixtures/tls-certificate.ts';
import { patiently, until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();

const mailbox = (id: string, password = dovecotPassword) => ({
  id,
  signInName: id,
  password: new Secret(password),
});

function sourceConfig(fields: Record<string, unknown>): ImapSourceConfig {
  const { source } = parseProxyConfig({
    public_url: 'https://proxy.example',
    mailboxes: { source: { kind: 'imap', ...fields } },
  }).mailboxes;
  assert.equal(source?.kind, 'imap');
  return source;
}

function imapSource(
  config: Record<string, unknown>,
  { commandTimeoutMs = 30_000, clock = new SystemClock() }: { commandTimeoutMs?: number; clock?: Clock } = {},
): ImapSource {
  return new ImapSource({
    config: sourceConfig(config),
    clock,
    random: systemRandom,
    logger: silentLogger,
    commandTimeoutMs,
  });
}

describe('the IMAP source', { skip: missing ?? false }, () => {
  let dovecot: Dovecot;
  const tls = () => dovecot.imaps;
  before(async () => {
    dovecot = await Dovecot.start({ users: ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'gina'] });
  });
  after(async () => {
    await dovecot[Symbol.asyncDispose]();
  });

  test('follows every change that another client makes', async () => {
    await using source = imapSource(tls());
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('alice'));
    await log.until(event => event.kind === 'state' && event.state === 'watched', 'alice is watched');
    await log.settled('alice', 0);
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
    await client.append({ seen: true });
    await client.markSeen('1:*');
    await log.settled('alice', 0);
    const traceIds = log.events.map(event => event.traceId);
    assert.equal(new Set(traceIds).size, traceIds.length);
    assert.match(traceIds[0] ?? '', /^[0-9a-f]{32}$/);
  });

  test('eight clients at once: the last count is the true one', async () => {
    await using source = imapSource({ ...tls(), port: dovecot.ports.imap, security: 'starttls' });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('bob'));
    await log.settled('bob', 0);
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 6; round += 1) {
          await dovecot.deliver('bob');
          using client = await dovecot.signIn('bob');
          await client.select();
          if (writer % 2 === 0) await client.markSeen('*');
        }
      }),
    );
    using client = await dovecot.signIn('bob');
    await log.settled('bob', await client.unseen());
    const [result] = await source.recount([mailbox('bob')], patiently());
    assert.deepEqual(result, {
      mailboxId: 'bob',
      outcome: 'counted',
      count: { unseen: await client.unseen() },
    });
  });

  test('a master user watches and counts without the mailbox’s password', async () => {
    await using source = imapSource({ ...tls(), master: dovecotMaster });
    assert.equal(source.needsPassword, false);
    const log = new EventLog();
    await source.start(log.listener);
    await dovecot.deliver('carol');
    source.watch({ id: 'carol', signInName: 'CAROL' });
    await log.settled('carol', 1);
    await log.until(event => event.kind === 'state', 'carol is watched');
    const told = log.events.length;
    const results = await source.recount(
      [
        { id: 'carol', signInName: 'carol' },
        { id: 'dave', signInName: 'dave' },
        { id: 'nobody', signInName: 'nobody' },
      ],
      patiently(),
    );
    const [carol, dave, nobody] = results;
    assert.equal(carol?.outcome === 'counted' && carol.count.unseen, 1);
    assert.equal(log.events.length, told); // a recount is no event
    assert.ok(dave?.outcome === 'counted' && dave.count.unseen === 0 && dave.count.version !== undefined);
    assert.equal(nobody?.outcome, 'unreachable'); // Dovecot takes the master's password, then just hangs up
  });

  test('a restarted server is found again, and counted', async () => {
    await using own = await Dovecot.start({ users: ['alice'] });
    await using source = imapSource({
      ...own.imaps,
    });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('alice'));
    await log.settled('alice', 0);
    await own.restart();
    await own.deliver('alice');
    await log.settled('alice', 1);
    const last = log.events.findLast(event => event.kind === 'counted');
    assert.ok(last?.kind === 'counted' && last.cause !== 'recount');
    await own.deliver('alice');
    await log.settled('alice', 2);
  });

  test('a server that is away at the start is watched when it comes', async () => {
    await using own = await Dovecot.start({ users: ['alice'] });
    await own.stop();
    await using source = imapSource({
      ...own.imaps,
    });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('alice'));
    const away = await log.until(event => event.kind === 'state', 'the state is told');
    assert.ok(away.kind === 'state' && away.state === 'unreachable');
    assert.match(away.detail ?? '', /nothing listens there.*ECONNREFUSED/);
    const [result] = await source.recount([mailbox('alice')], patiently());
    assert.equal(result?.outcome, 'unreachable');
    assert.equal((await source.signIn('alice', new Secret(dovecotPassword))).outcome, 'unreachable');
    await own.restart();
    await own.deliver('alice');
    await log.settled('alice', 1);
  });

  test('a refused password is told and not repeated; a new one is taken at once', async () => {
    await using source = imapSource(tls());
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('dave', 'wrong'));
    const refused = await log.until(event => event.kind === 'state', 'the state is told');
    assert.ok(refused.kind === 'state' && refused.state === 'refused');
    assert.match(refused.detail ?? '', /refuses the user name or password/);
    assert.doesNotMatch(JSON.stringify(log.events), /wrong/);
    const recounted = async (password?: string) =>
      (await source.recount([mailbox('dave', password)], patiently()))[0]?.outcome;
    assert.equal(await recounted('wrong'), 'refused');
    assert.equal(await recounted(), 'counted', 'before the watcher has heard of it');
    source.watch(mailbox('dave'));
    assert.equal(await recounted(), 'counted', 'while it signs in');
    await log.until(event => event.kind === 'state' && event.state === 'watched', 'it watches');
    assert.equal(log.events.filter(event => event.kind === 'state' && event.state === 'refused').length, 1);
  });

  test('a password that was changed is noticed within a day, though the connection lives on', async () => {
    const clock = new MovingClock();
    await using source = imapSource(tls(), { clock });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('gina'));
    await log.until(event => event.kind === 'state' && event.state === 'watched', 'gina is watched');
    await dovecot.setUser('gina', 'another one');
    await dovecot.deliver('gina');
    await log.settled('gina', 1);
    clock.putForward(86_400_000);
    await log.until(event => event.kind === 'state' && event.state === 'refused', 'the old one is refused');
    source.watch(mailbox('gina', 'another one'));
    await dovecot.deliver('gina');
    await log.settled('gina', 2);
  });

  test('signing in: accepted, refused, unknown name', async () => {
    await using source = imapSource(tls());
    assert.deepEqual(await source.signIn('alice', new Secret(dovecotPassword)), { outcome: 'accepted' });
    assert.deepEqual(await source.signIn('alice', new Secret('wrong')), { outcome: 'refused' });
    assert.deepEqual(await source.signIn('alice', new Secret('')), { outcome: 'refused' });
    assert.deepEqual(await source.signIn('nobody', new Secret(dovecotPassword)), { outcome: 'refused' });
  });

  test('a server that is not trusted gets no password, and the detail says why', async () => {
    const other = await makeTlsCertificate();
    const otherFile = `${dovecot.directory}/other.pem`;
    await writeFile(otherFile, other.certificatePem);
    for (const config of [
      { host: '127.0.0.1', port: dovecot.ports.imaps },
      { host: '127.0.0.1', port: dovecot.ports.imaps, ca_file: otherFile },
      { host: '127.0.0.1', port: dovecot.ports.imap, security: 'starttls' },
    ]) {
      await using source = imapSource(config);
      const result = await source.signIn('alice', new Secret(dovecotPassword));
      assert.ok(result.outcome === 'unreachable', JSON.stringify(config));
      assert.match(result.detail, /certificate is not trusted/);
    }
    await using plainPort = imapSource({ ...tls(), port: dovecot.ports.imap });
    const result = await plainPort.signIn('alice', new Secret(dovecotPassword));
    assert.ok(result.outcome === 'unreachable');
    assert.match(result.detail, /does not speak TLS at once.*starttls/);
  });

  test('passwords in the clear are for this machine alone', async () => {
    assert.throws(() => imapSource({ host: 'mail.example', port: 143, security: 'none' }), {
      code: 'config-invalid',
      message: /in the clear/,
    });
    await using source = imapSource({ host: '127.0.0.1', port: dovecot.ports.imap, security: 'none' });
    assert.deepEqual(await source.signIn('alice', new Secret(dovecotPassword)), { outcome: 'accepted' });
  });

  test('a connection that went dead without a word is found, replaced and counted', async () => {
    const clock = new RunningClock();
    await using forwarder = await Forwarder.open(dovecot.ports.imaps);
    await using source = imapSource({ ...tls(), port: forwarder.port, renew_idle: '1m' }, { clock });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('erin'));
    await log.settled('erin', 0);
    forwarder.freeze();
    await dovecot.deliver('erin');
    await until('it is replaced', () => {
      if (forwarder.connections === 1) clock.putForward(5000); // less than a new one may take
      return forwarder.connections > 1;
    });
    await log.settled('erin', 1); // over a new connection
    const last = log.events.findLast(event => event.kind === 'counted');
    assert.ok(last?.kind === 'counted' && last.cause === 'reconnect');
    assert.equal(forwarder.connections, 2);
  });

  test('IDLE survives its renewals', async () => {
    await using source = imapSource({ ...tls(), renew_idle: '50ms' });
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('frank'));
    await log.settled('frank', 0);
    for (let unseen = 1; unseen <= 5; unseen += 1) {
      await dovecot.deliver('frank');
      await log.settled('frank', unseen);
    }
    assert.equal(
      log.events.filter(event => event.kind === 'counted' && event.cause === 'reconnect').length,
      1,
    );
  });

  test('an unwatched mailbox is told of no more', async () => {
    await using source = imapSource(tls());
    const log = new EventLog();
    await source.start(log.listener);
    source.watch(mailbox('frank'));
    source.watch(mailbox('erin'));
    await log.until(event => event.kind === 'counted' && event.mailboxId === 'frank', 'frank is counted');
    await log.until(event => event.kind === 'counted' && event.mailboxId === 'erin', 'erin is counted');
    source.unwatch('frank');
    const before = log.counts('frank').length;
    await dovecot.deliver('frank');
    const erin = log.newest('erin') ?? 0;
    await dovecot.deliver('erin');
    await log.settled('erin', erin + 1);
    assert.equal(log.counts('frank').length, before);
  });
});

/** Forwards TCP until it is frozen: then the connections that it has stay open, and carry nothing. */
class Forwarder implements AsyncDisposable {
  readonly #server = createServer(socket => this.#forward(socket));
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  connections = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  static async open(target: number): Promise<Forwarder> {
    const forwarder = new Forwarder(target);
    await new Promise<void>(resolve => forwarder.#server.listen(0, '127.0.0.1', resolve));
    return forwarder;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
  }

  #forward(near: Socket): void {
    this.connections += 1;
    const far = connect(this.#target, '127.0.0.1');
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.pipe(far).pipe(near);
  }
}
