// The original's step 3 and its monitoring probe: the commands as processes, beside a proxy that runs and follows them
// at once.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoOrganization, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { mailbadge } from '../fixtures/command.ts';
import { nativeReceiver, turnOnDevice, untilShown } from '../fixtures/devices.ts';
import { storedIcons } from '../fixtures/stored-icons.ts';
import { until } from '../fixtures/until.ts';

const anna = { user: 'anna@fabrikam.com', password: 'correct horse' };
const utc = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const local = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d`;
const guid = `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`;

test('enable, disable, status and probe', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const mailboxes = new SimulatedMailboxes({ clock: new SystemClock() });
  mailboxes.open(anna.user, anna);
  const source = new SimulatedSource({ mailboxes, clock: new SystemClock(), random: systemRandom });
  await using system = await startSystem({ folder, source });
  const phone = await turnOnDevice(system, 'anna-phone', nativeReceiver(system), anna);
  const config = ['--config', system.proxyConfigFile];
  const proxy = (...args: string[]) => mailbadge(['proxy', ...args, ...config]);
  const deliver = (): number => mailboxes.append(anna.user, { from: 'ada@example.org', subject: 'Lunch?' });
  const databasePath = join(folder, 'proxy.db');
  await untilShown([[phone, 0]], 'the device is on');

  await t.test('enable prints the original’s list; again it changes nothing', async () => {
    const first = await proxy('enable');
    assert.equal(first.status, 0, first.stderr);
    assert.match(
      first.stdout,
      new RegExp(
        [
          '^DisplayName       : On Premises Proxy app',
          'Enabled           : True',
          'Organization      : fabrikam.com',
          `Uri               : ${system.relayUrl}/`,
          'Identity          : OnPrem-Proxy',
          'IsValid           : True',
          String.raw`Version           : \d+\.\d+\.\d+`,
          'Name              : OnPrem-Proxy',
          `Guid              : ${guid}`,
          `WhenChanged       : ${local}`,
          `WhenCreated       : ${local}`,
          `WhenChangedUTC    : ${utc}`,
          `WhenCreatedUTC    : ${utc}`,
          `OrganizationId    : ${guid}`,
          `OriginatingServer : ${hostname()}`,
          'ObjectState       : Unchanged\n$',
        ].join('\n'),
      ),
    );
    const again = await proxy('enable', '--organization', 'Fabrikam.COM', '--uri', system.relayUrl);
    assert.equal(again.stdout, first.stdout, 'not even WhenChanged');
  });

  await t.test('what cannot be is refused before anything is changed', async () => {
    const before = (await proxy('status', '--json')).stdout;
    for (const [args, status, said] of [
      [['--organization', 'not a domain'], 1, /"not a domain" is not an organization's domain/],
      [
        ['--organization', 'contoso.com'],
        1,
        /the organization is contoso\.com, but trust is set up for fabrikam/,
      ],
      [['--uri', 'https://elsewhere.example'], 1, /the URI is https:\/\/elsewhere\.example\/, but the relay/],
      [['--uri', 'PushNotifications'], 2, /is not the URL of a relay/],
    ] as const) {
      const refused = await proxy('enable', ...args);
      assert.equal(refused.status, status, refused.stderr);
      assert.match(refused.stderr, said);
      assert.match(refused.stderr, /^mailbadge: hint: /m);
      assert.equal(refused.stdout, '');
    }
    assert.deepEqual(without(before), without((await proxy('status', '--json')).stdout));
  });

  await t.test('--what-if shows what would change, and the present state; nothing changes', async () => {
    const disabling = await proxy('disable', '--what-if');
    assert.match(disabling.stdout, /^What if: disabling OnPrem-Proxy \(Enabled: True\) would change Enabled/);
    assert.match(disabling.stdout, /\n\nDisplayName .*\nEnabled +: True\n/);
    const enabling = await proxy('enable', '--what-if', '--organization', 'contoso.com');
    assert.equal(enabling.status, 0);
    assert.match(enabling.stdout, /would change Organization from fabrikam\.com to contoso\.com/);
    assert.match(enabling.stderr, /warning: enabling would fail: the organization is contoso\.com/);
    assert.equal(JSON.parse((await proxy('status', '--json')).stdout).organization, 'fabrikam.com');
  });

  await t.test('status lists the node that serves, with its version', async () => {
    const { stdout } = await proxy('status');
    assert.match(stdout, /^Node +Version +State +Process/m);
    assert.match(stdout, new RegExp(`^${hostname()} +\\d+\\.\\d+\\.\\d+ +running +${process.pid} `, 'm'));
  });

  await t.test('a probe proves both directions of trust, and prints the original’s three lines', async () => {
    const { status, stdout, stderr } = await proxy('probe');
    assert.deepEqual([status, stdout], [0, 'ResultType : Succeeded\nError      :\nException  :\n'], stderr);
    const before = phone.badges().length;
    const detailed = JSON.parse((await proxy('probe', '--json', '--device', phone.iconId)).stdout);
    assert.deepEqual(
      detailed.stages.map((stage: { name: string }) => stage.name),
      ['settings', 'token', 'relay', 'relay-proof', 'identity', 'apps', 'device'],
    );
    assert.match(detailed.stages.at(-1).detail, /^badge 0 accepted by apns as /);
    const pushed = phone.badges().slice(before);
    assert.deepEqual(new Set(pushed), new Set([0]), 'the present badge, once more');
  });

  await t.test('a relay that rotated its signing key is found again by itself', async () => {
    await system.relay.rotateSigningKey();
    const { status, stderr } = await proxy('probe');
    assert.equal(status, 0, stderr);
  });

  await t.test('disable asks; without a terminal it names the option', async () => {
    const { status, stderr } = await proxy('disable');
    assert.equal(status, 2);
    assert.match(stderr, /there is no terminal to ask on\nmailbadge: hint: add --force/);
  });

  await t.test('disabled: badges stay and counting goes on; enabled: what is right at once', async () => {
    deliver();
    await untilShown([[phone, 1]], 'enabled');
    const disabled = await proxy('disable', '--force');
    assert.equal(disabled.status, 0, disabled.stderr);
    assert.match(disabled.stderr, /^Disabled\. Badges stay as they are; organization and URI are kept\.$/m);
    assert.match(disabled.stdout, /^Enabled +: False\nOrganization +: fabrikam\.com\nUri +: http/m);
    deliver();
    deliver();
    await until('it still counts', async () => (await storedIcons(databasePath))[0]?.wanted === 3);
    const probed = await proxy('probe');
    assert.equal(probed.status, 1);
    assert.equal(
      probed.stdout,
      'ResultType : Failed\nError      : PushNotifications: the proxy is disabled\nException  : proxy-disabled\n',
    );
    assert.match(probed.stderr, /hint: run "mailbadge proxy enable"/);
    assert.equal(phone.badge(), 1, 'after several seconds of commands');

    const enabled = await proxy('enable');
    assert.match(enabled.stdout, /^Enabled +: True\nOrganization +: fabrikam\.com\n/m);
    await untilShown([[phone, 3]], 'enabled again');
  });

  await t.test('a node that is not there', async () => {
    const { status, stderr } = await proxy('probe', '--node', 'elsewhere');
    assert.equal(status, 1);
    assert.match(stderr, /there is no node elsewhere\nmailbadge: hint: list them/);
  });

  await t.test('the relay is down: probes tell it apart; enabling is possible, with a warning', async () => {
    await proxy('disable', '--force');
    await system.relay[Symbol.asyncDispose]();
    const enabled = await proxy('enable');
    assert.equal(enabled.status, 0, enabled.stderr);
    assert.match(
      enabled.stderr,
      /warning: enabled, but no badge goes out for now: the relay at .* does not answer/,
    );
    const { status, stdout } = await proxy('probe');
    assert.equal(status, 1);
    assert.match(stdout, /^ResultType : Failed\nError {6}: Networking: the relay at /);
  });

  await t.test('no node runs: the original’s words, our hint', async () => {
    await system.proxy[Symbol.asyncDispose]();
    assert.match((await proxy('status')).stdout, new RegExp(`^${hostname()} .* stopped `, 'm'));
    const { status, stdout, stderr } = await proxy('probe');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(
      stderr,
      /^mailbadge: error: Cannot find a Mailbox server in the current site\.\nmailbadge: hint: no proxy serves/,
    );
  });
});

test('before trust is set up, enabling says what is missing', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const configFile = join(folder, 'proxy.yml');
  const raw = {
    database: { path: join(folder, 'proxy.db') },
    key_file: join(folder, 'proxy.key'),
    public_url: 'https://push.fabrikam.com',
    mailboxes: {},
  };
  writeFileSync(configFile, JSON.stringify(raw));
  const proxy = (...args: string[]) => mailbadge(['proxy', ...args, '--config', configFile]);
  const refused = await proxy('enable', '--organization', demoOrganization);
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    /error: trust is not set up\nmailbadge: hint: run "mailbadge proxy trust set-up"/,
  );
  const { stdout } = await proxy('status');
  assert.match(stdout, /^Enabled +: False\n(.*\n)*IsValid +: False \(it was never enabled\)\n/m);
  assert.match(stdout, /^ObjectState +: New\n\nNo node has served this database yet\.\n$/m);
  const disabled = await proxy('disable');
  assert.deepEqual([disabled.status, /disabled already/.test(disabled.stderr)], [0, true]);
});

/** Without what passes by itself. */
function without(json: string): unknown {
  const { nodes: _, ...object } = JSON.parse(json) as Record<string, unknown>;
  return object;
}
