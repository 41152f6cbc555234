// What breaks between an organization and its relay, seen by its administrator: the running proxy says at /health what
// is wrong and what to do, doing it acts without a restart, and no subscription ends meanwhile.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/database/database.ts';
import { demoOrganization } from '../../src/demo/system.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { makeCertificate } from '../../src/proxy/trust/certificates/certificate.ts';
import { CertificateStore } from '../../src/proxy/trust/certificates/certificate-store.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openKeyFile } from '../../src/runtime/secrets.ts';
import { mailbadge } from '../fixtures/command.ts';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotMaster, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { type ProcessSystem, startProcesses } from '../fixtures/process-system.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };

test('trust', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbt-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using dovecot = await Dovecot.start({ users: ['alice'] });
  await using system = await startProcesses({
    folder,
    source: {
      kind: 'imap',
      ...dovecot.imaps,
      master: dovecotMaster,
    },
    proxy: { trust: { renew_before: '0s' } }, // else it would renew by itself what expires here
  });
  const { proxy } = system;
  const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
  const laptop = await turnOnDevice(system, 'alice-laptop', await webReceiver(system), alice);
  const bothShow = (badge: number, what: string) =>
    untilShown(
      [
        [phone, badge],
        [laptop, badge],
      ],
      what,
    );
  const ofRelay = (noun: string, verb: string, ...args: string[]) =>
    succeed('relay', noun, verb, '--config', system.relayConfigFile, ...args);
  const ofProxy = (...args: string[]) =>
    mailbadge(['proxy', ...args, '--config', system.proxyConfigFile], { env: {} });
  const setUp = ['trust', 'set-up', '--organization', demoOrganization, '--relay', system.relayUrl];
  const connectWithNewCode = async () => {
    const { enrolmentCode } = JSON.parse(
      await ofRelay('organization', 'new-code', demoOrganization, '--json'),
    ) as { enrolmentCode: string };
    const codeFile = join(folder, 'new-code');
    writeFileSync(codeFile, enrolmentCode, { mode: 0o600 });
    return ofProxy('trust', 'connect', '--code-file', codeFile);
  };
  let connectingTakesMs = 0;
  await dovecot.deliver('alice');
  await bothShow(1, 'before anything breaks');

  await t.test(
    'a revoked credential publishes nothing more within 5 s; a new certificate mends it',
    async () => {
      const { credentials } = JSON.parse(await ofRelay('credential', 'list', demoOrganization, '--json')) as {
        credentials: { keyId: string }[];
      };
      const keyId = credentials[0]?.keyId ?? '';
      await ofRelay('credential', 'revoke', '--reason', 'stolen backup', '--', keyId); // it may begin with a hyphen
      const revokedAt = Date.now();
      const { detail, hint } = await provoke(dovecot, system, 'credential-revoked');
      assert.match(detail, /revoked/);
      assert.match(hint ?? '', /set-up" with --new-certificate.*trust connect/);
      const late = acceptedAfter(system, revokedAt + 5000);
      const status = await ofProxy('trust', 'status');
      assert.equal(status.status, 1);
      assert.match(status.stderr, /^mailbadge: error: .*revoked.*\nmailbadge: hint: .*--new-certificate/m);

      const begun = performance.now();
      const again = await connectWithNewCode();
      connectingTakesMs = performance.now() - begun;
      assert.equal(again.status, 1, 'the revoked certificate stays revoked');
      assert.match(again.stderr, /revoked at this relay\nmailbadge: hint: .*--new-certificate/);
      assert.deepEqual(late(), []);
      assert.equal((await ofProxy(...setUp, '--new-certificate')).status, 0);
      assert.equal((await proxy.untilFault('credential-not-registered')).hint, connectHint);
      assert.equal((await connectWithNewCode()).status, 0);
      await bothShow(2, 'connected again');
      await proxy.untilHealthy();
    },
  );

  await t.test('a deactivated organization waits, and goes on when it is reactivated', async () => {
    await ofRelay('organization', 'deactivate', demoOrganization, '--reason', 'unpaid');
    const { detail, hint } = await provoke(dovecot, system, 'organization-inactive');
    assert.match(detail, /deactivated/);
    assert.match(hint ?? '', /operator/);
    assert.doesNotMatch(hint ?? '', /trust connect/, 'which would not help');
    await ofRelay('organization', 'reactivate', demoOrganization);
    await bothShow(3, 'reactivated');
  });

  await t.test(
    'a certificate that expires while the proxy runs is named, and replaced by the command',
    async () => {
      const lifetimeMs = 10_000 + 5 * connectingTakesMs; // time enough to connect with it
      await useCertificateWithLife(lifetimeMs, system);
      const connected = await connectWithNewCode();
      assert.equal(connected.status, 0, connected.stderr);
      const { hint } = await proxy.untilFault('certificate-expired');
      assert.match(hint ?? '', /"mailbadge proxy trust set-up".*"mailbadge proxy trust connect"/);
      await dovecot.deliver('alice');
      await proxy.untilLogged(
        'the badge waits',
        ({ msg, detail }) => msg === 'relay-unavailable' && /expired/.test(String(detail)),
      );
      const renewed = await ofProxy(...setUp);
      assert.equal(renewed.status, 0);
      assert.match(renewed.stderr, /^mailbadge: warning: the certificate [0-9A-F]{40} expired on /m);
      await bothShow(4, 'the certificate from before is still registered');
    },
  );

  await t.test('no subscription ended over it', async () => {
    const devices = await phone.app.listDevices('alice');
    const ended = devices.flatMap(device =>
      device.subscriptions.map(({ endedReason }) => endedReason ?? null),
    );
    assert.deepEqual(ended, [null, null]);
  });
});

/** For so long the relay goes by what it read of a credential and its organization. */
const relayRemembersMs = 1000;

const connectHint = 'ask the relay’s operator for an enrolment code and run "mailbadge proxy trust connect"';

/** A message, so that the proxy finds out; resolves with what /health says of it. */
async function provoke(dovecot: Dovecot, { proxy }: ProcessSystem, code: string) {
  await sleep(relayRemembersMs + 100);
  await dovecot.deliver('alice');
  return proxy.untilFault(code);
}

/** What the push services accepted after a time; asked when it is over. */
function acceptedAfter({ apns, webPush }: ProcessSystem, after: number): () => number[] {
  const times: number[] = [];
  const stops = [apns, webPush].map(simulator =>
    simulator.onEvent(({ type, at }: { type: string; at: number }) => {
      if (type === 'accepted' && at > after) times.push(at);
    }),
  );
  return () => {
    for (const stop of stops) stop();
    return times;
  };
}

/** As if it had been made five years ago. */
async function useCertificateWithLife(
  lifeMs: number,
  { configurations: { proxy } }: ProcessSystem,
): Promise<void> {
  const clock = new SystemClock();
  await using database = openDatabase<ProxySchema>(proxy.database, { clock });
  const secrets = openKeyFile(proxy.key_file, systemRandom);
  const certificates = new CertificateStore({ db: database.db, secrets, clock });
  const of = (now: number) =>
    makeCertificate({ organization: demoOrganization, kind: 'p-256', now, random: systemRandom });
  const { certificate: fresh } = await of(0);
  const made = await of(clock.now() + lifeMs - fresh.notAfter);
  await certificates.add(made.certificate, made.privateKey);
  await certificates.setCurrent(made.certificate.id);
}

async function succeed(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await mailbadge(args);
  assert.equal(status, 0, stderr);
  return stdout;
}
