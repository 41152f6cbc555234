// `proxy doctor` and `proxy why` beside a running system: every fault is made, one after the other, and each time the
// doctor names it as the first cause, with its remedy, and goes on with what does not depend on it.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { openDatabase } from '../../src/database/database.ts';
import { demoOrganization } from '../../src/demo/system.ts';
import { type Diagnosis, examine } from '../../src/proxy/administration/doctor/doctor.ts';
import { why as explain } from '../../src/proxy/administration/why.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { makeCertificate } from '../../src/proxy/trust/certificates/certificate.ts';
import { CertificateStore } from '../../src/proxy/trust/certificates/certificate-store.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openKeyFile } from '../../src/runtime/secrets.ts';
import { mailbadge } from '../fixtures/command.ts';
import { ConsoleClient } from '../fixtures/console-client.ts';
import { nativeReceiver, turnOnDevice, untilShown } from '../fixtures/devices.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { type ProcessSystem, startProcesses, writeConfiguration } from '../fixtures/process-system.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };

type Diagnosed = Diagnosis & { status: number | null; stdout: string };

test('doctor and why', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbd-'));
  chmodSync(folder, 0o755); // Dovecot's mail processes must reach the socket in it
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, 'notify.sock');
  await using dovecot = await Dovecot.start({ users: ['alice'], notify: { path: socket } });
  const source = dovecot.eventSource(socket);
  await using system = await startProcesses({ folder, source });
  const config = ['--config', system.proxyConfigFile];

  const doctor = async (configFile = system.proxyConfigFile): Promise<Diagnosed> => {
    const { status, stdout, stderr } = await mailbadge(['proxy', 'doctor', '--json', '--config', configFile]);
    assert.equal(stderr, '');
    return { ...(JSON.parse(stdout) as Diagnosis), status, stdout };
  };
  const why = async (of: string): Promise<{ verdict: string; conclusion: string; remedy: string | null }> => {
    const { status, stdout, stderr } = await mailbadge(['proxy', 'why', of, '--json', ...config]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };

  /** Waits in this process, where looking costs no start of a program; then the command must say the same. */
  const failing = async (cause: string, configFile = system.proxyConfigFile): Promise<Diagnosed> => {
    let last: Diagnosis | undefined;
    await until(
      `the first cause is ${cause}`,
      async () => {
        last = await examineHere(configFile);
        return last.firstCause?.name === cause;
      },
      { seen: () => last?.checks },
    );
    const found = await doctor(configFile);
    assert.deepEqual([found.firstCause?.name, found.status], [cause, 1]);
    return found;
  };
  const untilWell = (): Promise<true> =>
    until('nothing fails', async () => (await examineHere(system.proxyConfigFile)).firstCause === null);
  const whyOnce = async (verdict: string) => {
    const { proxyConfigFile } = system;
    await until(`why says ${verdict}`, async () => {
      const found = await explain(readConfig(proxyConfigFile), 'alice', { clock: new SystemClock() });
      return found.verdict === verdict;
    });
    const found = await why('alice');
    assert.equal(found.verdict, verdict);
    return found;
  };

  await t.test('before anybody has signed in', async () => {
    const { status, checks } = await doctor();
    assert.equal(status, 0);
    assert.equal(outcomeOf(checks, 'devices'), 'warning');
    const unknown = await mailbadge(['proxy', 'why', 'alice', ...config]);
    assert.equal(unknown.status, 1);
    assert.match(
      unknown.stderr,
      /^mailbadge: error: there is no mailbox and no icon "alice"\nmailbadge: hint: /,
    );
  });

  const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
  await dovecot.deliver('alice');
  await untilShown([[phone, 1]], 'all works');

  await t.test('all is well', async () => {
    await untilWell();
    const { status, checks, firstCause } = await doctor();
    assert.equal(status, 0);
    assert.equal(firstCause, null);
    assert.deepEqual(
      checks.filter(({ outcome }) => outcome === 'failed' || outcome === 'skipped'),
      [],
    );
    const warned = checks.filter(({ outcome }) => outcome === 'warning').map(({ name }) => name);
    assert.deepEqual(warned, ['relay TLS', 'device API'], 'both are plain http here, and on loopback');
    const { stdout } = await mailbadge(['proxy', 'doctor', ...config]);
    assert.match(stdout, /^ok {4}configuration {5}can be used/m);
    assert.match(stdout, /^ok {4}counting {10}alice has 1 unseen$/m);
    assert.match(stdout, /Badges can flow; see the warnings\.\n$/);

    const explained = await whyOnce('right');
    assert.match(
      explained.conclusion,
      /^The icon shows 1, which is right: APNs accepted it at 20\S+Z as [0-9a-f-]{36}\.$/,
    );
    assert.match((await why(phone.iconId)).conclusion, /^The icon (shows|should show) 1, which is /);
    const text = (await mailbadge(['proxy', 'why', 'ALICE', ...config])).stdout;
    assert.match(text, /^Stage +UTC +Age +Fact$/m);
    assert.match(text, /^count +20\S+Z +\d+ (s|min) ago +alice has 1 unseen$/m);
    const alike = await mailbadge(['proxy', 'why', 'alicia', ...config]);
    assert.match(alike.stderr, /did you mean alice\?/);
  });

  await t.test('the console of the real system: deliveries, trust, a probe, off and on', async () => {
    const { status, stdout, stderr } = await mailbadge(['proxy', 'console', ...config]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /works once, until 20/);
    const client = await ConsoleClient.follow(stdout.trim());
    const [newest] = (await client.get('/api/deliveries')).json.deliveries;
    assert.deepEqual([newest.outcome, newest.badge, newest.iconId], ['accepted', 1, phone.iconId]);
    const trust = (await client.get('/api/trust')).json;
    assert.deepEqual([trust.organization, trust.failure], [demoOrganization, null]);
    assert.equal(trust.certificates[0].role, 'current');
    assert.equal(trust.authServers[0].isDefault, true);
    const probe = await client.post('/api/probes');
    assert.deepEqual([probe.status, probe.json.resultType], [200, 'Succeeded'], probe.text);
    assert.equal((await client.get('/api/probes')).json.probes[0].id, probe.json.id);

    assert.equal((await client.post('/api/disable')).json.enabled, false);
    await dovecot.deliver('alice');
    await whyOnce('disabled');
    const enabled = await client.post('/api/enable');
    assert.equal(enabled.json.enabled, true, enabled.text);
    await untilShown([[phone, 2]], 'enabled again, with no other process involved');
    const log = JSON.stringify(system.proxy.records);
    for (const secret of [client.cookie?.split('=')[1] ?? '', stdout.trim().split('=')[1] ?? '']) {
      assert.ok(secret.length > 20 && !log.includes(secret));
    }
  });

  await t.test('the proxy is disabled', async () => {
    await succeed('proxy', 'disable', '--force', ...config);
    const { firstCause, checks } = await failing('publishing');
    assert.match(firstCause?.hint ?? '', /proxy enable/);
    assert.equal(outcomeOf(checks, 'access token'), 'ok');
    await dovecot.deliver('alice');
    const explained = await whyOnce('disabled');
    assert.equal(
      explained.conclusion,
      'The icon should show 3 but shows 2: the proxy is disabled, so nothing is published.',
    );
    assert.match(explained.remedy ?? '', /proxy enable/);
    await succeed('proxy', 'enable', ...config);
    await untilShown([[phone, 3]], 'enabled again');
  });

  await t.test('endings are frozen', async () => {
    await set(system, { endings_frozen_at: Date.now() });
    const { firstCause } = await failing('endings');
    assert.match(firstCause?.hint ?? '', /subscription thaw/);
    await succeed('proxy', 'subscription', 'thaw', ...config);
    await untilWell();
  });

  await t.test('a wrong password for Dovecot, and a mail server that is away', async () => {
    const wrong = writeConfiguration(join(folder, 'wrong.yaml'), {
      ...system.configurations.proxy,
      mailboxes: { source: { ...source, recount: { ...source.recount, password: 'wrong' } } },
    });
    const refused = await failing('counting', wrong);
    assert.match(refused.firstCause?.detail ?? '', /the API key is refused/);
    assert.match(refused.firstCause?.hint ?? '', /credential in mailboxes\.source/);
    assert.doesNotMatch(refused.stdout, /"wrong"|key-of-doveadm/);

    await dovecot.stop();
    const away = await failing('mail server');
    assert.equal(outcomeOf(away.checks, 'counting'), 'skipped');
    assert.equal(outcomeOf(away.checks, 'access token'), 'ok', 'what does not depend on it goes on');
    await dovecot.restart();
    await untilWell();
  });

  await t.test('a clock that is an hour off', async () => {
    class WrongClock extends SystemClock {
      override now(): number {
        return super.now() + 3_600_000;
      }
    }
    // By this clock the proxy's last heartbeat is an hour old; the fault of interest is the clock's.
    const { checks } = await examineHere(system.proxyConfigFile, new WrongClock());
    const found = checks.find(({ name }) => name === 'clock');
    assert.equal(found?.outcome, 'failed');
    assert.match(found?.detail ?? '', /60 minutes ahead of the relay's/);
    assert.match(found?.hint ?? '', /NTP/);
    assert.match(
      checks.find(({ name }) => name === 'access token')?.detail ?? '',
      /not checked, because "clock" failed/,
    );
  });

  await t.test('the relay is down', async () => {
    await system.relay.stop();
    const { firstCause, checks } = await failing('relay connection');
    assert.match(firstCause?.detail ?? '', /takes no connection: ECONNREFUSED/);
    for (const name of ['relay TLS', 'relay identity', 'clock', 'access token', 'acceptance']) {
      assert.equal(outcomeOf(checks, name), 'skipped', name);
    }
    assert.equal(outcomeOf(checks, 'certificate'), 'ok');
    assert.equal(outcomeOf(checks, 'counting'), 'ok');
    await dovecot.deliver('alice');
    const explained = await whyOnce('relay-unusable');
    assert.match(
      explained.conclusion,
      /^The icon should show 4 but shows 3: the relay cannot be used \(relay-unreachable\)/,
    );
    await system.relay.start();
    await untilShown([[phone, 4]], 'the relay is back');
  });

  await t.test('no proxy runs', async () => {
    await system.proxy.stop();
    const { firstCause, checks } = await failing('proxy process');
    assert.match(firstCause?.hint ?? '', /proxy serve/);
    assert.equal(outcomeOf(checks, 'listeners'), 'skipped');
    assert.equal(outcomeOf(checks, 'access token'), 'ok');
    const explained = await why('alice');
    assert.equal(explained.verdict, 'not-running');
    const link = await mailbadge(['proxy', 'console', ...config]);
    assert.equal(link.status, 1);
    assert.match(link.stderr, /no proxy serves a console on this machine\nmailbadge: hint: start it/);
    await system.proxy.start();
    await system.proxy.untilHealthy();
  });

  await t.test('the credential is revoked', async () => {
    const list = await succeed(
      'relay',
      'credential',
      'list',
      demoOrganization,
      '--json',
      '--config',
      system.relayConfigFile,
    );
    const { credentials } = JSON.parse(list) as { credentials: { keyId: string }[] };
    await succeed(
      'relay',
      'credential',
      'revoke',
      '--reason',
      'stolen',
      '--config',
      system.relayConfigFile,
      '--',
      credentials[0]?.keyId ?? '',
    );
    const { firstCause } = await failing('access token');
    assert.match(firstCause?.detail ?? '', /revoked/);
  });

  await t.test('the certificate has expired', async () => {
    const thumbprint = await useExpiredCertificate(system);
    const { firstCause, checks } = await failing('certificate');
    assert.match(firstCause?.detail ?? '', new RegExp(`${thumbprint} expired on `));
    assert.match(firstCause?.hint ?? '', /trust set-up/);
    assert.equal(outcomeOf(checks, 'access token'), 'skipped');
  });

  await t.test('a configuration that cannot be used, and none', async () => {
    const file = writeConfiguration(join(folder, 'broken.yaml'), { publik_url: 'x' });
    const { firstCause, status } = await doctor(file);
    assert.deepEqual([status, firstCause?.name], [1, 'configuration']);
    const nowhere = await mailbadge(['proxy', 'doctor', '--config', join(folder, 'no.yaml')]);
    assert.equal(nowhere.status, 1);
    assert.match(
      nowhere.stdout,
      /^FAIL {2}configuration .*\n\nFirst cause: configuration: .*\nRemedy: .*--config/m,
    );
  });
});

function readConfig(file: string) {
  return parseProxyConfig(parseYaml(readFileSync(file, 'utf8')));
}

function examineHere(configFile: string, clock = new SystemClock()): Promise<Diagnosis> {
  return examine(() => readConfig(configFile), { clock, random: systemRandom, fetch });
}

function outcomeOf(checks: Diagnosis['checks'], name: string): string | undefined {
  return checks.find(check => check.name === name)?.outcome;
}

async function set(
  { configurations }: ProcessSystem,
  values: { endings_frozen_at: number | null },
): Promise<void> {
  await using database = openDatabase<ProxySchema>(configurations.proxy.database, {
    clock: new SystemClock(),
  });
  await database.db.updateTable('proxy_state').set(values).execute();
}

async function useExpiredCertificate({ configurations: { proxy } }: ProcessSystem): Promise<string> {
  const clock = new SystemClock();
  await using database = openDatabase<ProxySchema>(proxy.database, { clock });
  const secrets = openKeyFile(proxy.key_file, systemRandom);
  const made = await makeCertificate({
    organization: demoOrganization,
    kind: 'p-256',
    now: Date.UTC(2015, 0, 1),
    random: systemRandom,
  });
  const store = new CertificateStore({ db: database.db, secrets, clock });
  await store.add(made.certificate, made.privateKey);
  await database.db.updateTable('certificate').set({ role: null }).where('role', '=', 'current').execute();
  await database.db
    .updateTable('certificate')
    .set({ role: 'current' })
    .where('id', '=', made.certificate.id)
    .execute();
  return made.certificate.thumbprint;
}

async function succeed(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await mailbadge(args);
  assert.equal(status, 0, stderr);
  return stdout;
}
