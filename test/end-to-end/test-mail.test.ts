// The original's first way of verifying: a test message to a mailbox leads to a badge. By LMTP to a real Dovecot, by
// SMTP, and where it stops on its way.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { MailServerSimulator } from '../../src/simulators/mail-server/mail-server-simulator.ts';
import { mailbadge } from '../fixtures/command.ts';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };
const anna = { user: 'anna@fabrikam.com', password: 'correct horse' };

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mbm-'));
  chmodSync(folder, 0o755); // Dovecot's mail processes must reach the socket in it
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('by LMTP, through a real Dovecot, to two devices', {
  skip: missing ?? false,
}, async t => {
  const folder = newFolder(t);
  const path = join(folder, 'notify.sock');
  await using dovecot = await Dovecot.start({
    users: ['alice'],
    notify: { path },
    extraConfig: `service lmtp {\n  unix_listener ${join(folder, 'lmtp')} {\n    mode = 0666\n  }\n}`,
  });
  await using system = await startSystem({
    folder,
    source: dovecot.eventSource(path),
  });
  const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
  const laptop = await turnOnDevice(system, 'alice-laptop', await webReceiver(system), alice);
  // Else what is seen after the message was sent may be the mailbox's first count.
  await until('both have their first badge', () =>
    [phone, laptop].every(device => device.badges().length > 0),
  );
  const testMail = (...args: string[]) =>
    mailbadge(['proxy', 'test-mail', 'alice', '--config', system.proxyConfigFile, ...args]);
  const lmtp = ['--lmtp', `127.0.0.1:${dovecot.ports.lmtp}`];

  const { status, stdout, stderr } = await testMail(...lmtp);
  assert.equal(status, 0, stderr);
  const [head = '', ...lines] = stdout.trimEnd().split('\n');
  assert.match(head, /^To alice by LMTP 127\.0\.0\.1:\d+: "Mailbadge test message [0-9a-f]{8}"$/);
  assert.equal(lines.pop(), 'Complete.');
  const stages = lines.map(line => line.replace(/^ *\d+ ms {2}/, ''));
  const seen = (words: RegExp): number => stages.filter(stage => words.test(stage)).length;
  assert.deepEqual(
    [
      seen(/^accepted by the mail server \(2\d\d /),
      seen(/^change of the mailbox seen \(event\)$/),
      seen(/^counted: 1 unseen$/),
      seen(/^wanted on icon .*: badge 1$/),
      seen(/^published for icon .*: badge 1$/),
      seen(/^accepted for icon .* by (apns|webpush) as /),
      stages.length,
    ],
    [1, 1, 1, 2, 2, 2, 9],
    stdout,
  );
  assert.match(stderr, /^The message was left in the mailbox of alice\.$/m);
  await untilShown(
    [
      [phone, 1],
      [laptop, 1],
    ],
    'the devices show it',
  );

  // The app is opened while the command waits for it.
  const waiting = testMail(...lmtp, '--wait-for-report', '--json', '--timeout', '2m');
  await untilShown(
    [
      [phone, 2],
      [laptop, 2],
    ],
    'the second message',
  );
  for (const device of [phone, laptop]) await device.app.open('alice', device.iconId, device.badge());
  const reported = await waiting;
  assert.equal(reported.status, 0, reported.stderr);
  const result = JSON.parse(reported.stdout);
  assert.deepEqual(
    result.stages
      .filter(({ stage }: { stage: string }) => stage === 'reported')
      .map(({ detail }: { detail: string }) => detail),
    ['its icon shows 2', 'its icon shows 2'],
  );
  assert.deepEqual([result.diagnosis, result.messageLeft], [null, true]);

  const bySocket = await testMail('--lmtp', join(folder, 'lmtp'));
  assert.equal(bySocket.status, 0, bySocket.stderr);
  assert.match(bySocket.stdout, /^To alice by LMTP \/.*\nComplete\.\n$/s);

  const unknown = await testMail('--to', 'nobody', ...lmtp);
  assert.equal(unknown.status, 1);
  assert.match(
    unknown.stderr,
    /error: LMTP .* refuses the message: .*\nmailbadge: hint: check the recipient/s,
  );
});

test('by SMTP; what is missing is told before anything is sent; where it stops is named', async t => {
  const folder = newFolder(t);
  const clock = new SystemClock();
  const listen = { host: '127.0.0.1', port: 0 };
  await using smtp = await MailServerSimulator.start({ domain: 'fabrikam.com', listen, clock });
  const { mailboxes } = smtp;
  mailboxes.open(anna.user, anna);
  const source = new SimulatedSource({ mailboxes, clock, random: systemRandom });
  await using system = await startSystem({ folder, source });
  const config = ['--config', system.proxyConfigFile];
  const via = ['--smtp', `127.0.0.1:${smtp.port}`];
  const testMail = (...args: string[]) => mailbadge(['proxy', 'test-mail', anna.user, ...config, ...args]);

  await t.test('misused', async () => {
    const none = await testMail();
    assert.equal(none.status, 2);
    assert.match(none.stderr, /hint: give --smtp HOST:PORT or --lmtp/);
    assert.equal((await testMail('--smtp', 'a:b:c')).status, 2);
    assert.equal((await testMail(...via, '--lmtp', 'x')).status, 2);
  });

  await t.test('nobody signed in, and disabled: both are told, and nothing is sent', async () => {
    await mailbadge(['proxy', 'disable', '--force', ...config]);
    const { status, stderr } = await testMail(...via);
    assert.equal(status, 1);
    assert.match(stderr, /2 things are missing:\n {2}- the proxy is disabled .*\n {2}- nobody has signed in/);
    assert.equal(mailboxes.status(anna.user)?.unseen, 0);
    await mailbadge(['proxy', 'enable', ...config]);
  });

  const phone = await turnOnDevice(system, 'anna-phone', nativeReceiver(system), anna);

  await t.test('it arrives', async () => {
    const { status, stdout, stderr } = await testMail(...via);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^To anna@fabrikam\.com by SMTP 127\.0\.0\.1:\d+: /);
    assert.match(stdout, / ms {2}accepted for icon .* by apns as .*\nComplete\.\n$/);
    const [message] = mailboxes.list(anna.user);
    assert.match(message?.subject ?? '', /^Mailbadge test message /);
    assert.match(message?.from ?? '', /mailbadge-test@fabrikam\.com/);
  });

  await t.test('it is filed elsewhere: stopped before it was seen', async () => {
    mailboxes.open('ben@fabrikam.com', anna);
    const { status, stderr } = await testMail(...via, '--to', 'ben@fabrikam.com', '--timeout', '15s');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /error: it stopped before it was seen: no change of the INBOX of anna@fabrikam\.com/,
    );
    assert.match(stderr, /hint: run "mailbadge proxy doctor"/);
  });

  await t.test('the relay is down: stopped before it was accepted', async () => {
    await system.relay[Symbol.asyncDispose]();
    const { status, stdout, stderr } = await testMail(...via, '--timeout', '15s');
    assert.equal(status, 1, stdout);
    assert.match(stdout, /wanted on icon/);
    assert.match(
      stderr,
      new RegExp(
        `error: it stopped before it was (published|accepted by the provider) on icon ${phone.iconId}`,
      ),
    );
  });

  await t.test('the mail server is down', async () => {
    await smtp[Symbol.asyncDispose]();
    const { status, stderr } = await testMail(...via);
    assert.equal(status, 1);
    assert.match(stderr, /error: SMTP 127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
  });
});
