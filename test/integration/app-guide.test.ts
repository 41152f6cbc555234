// docs/setup/apps.md, as a developer of an app follows it: its shell commands, as they stand and in their order, against
// a relay, a proxy and simulated devices of each platform; and its example of the errors' words against the codes that there are.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { errorCodes } from '../../src/contract/error-codes.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoApp, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { fetchHandler, HttpListener } from '../../src/runtime/http/listener.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { createApnsControl } from '../../src/simulators/apns/control.ts';
import { createFcmControl } from '../../src/simulators/fcm/control.ts';
import { FcmSimulator } from '../../src/simulators/fcm/fcm-simulator.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { createWebPushControl } from '../../src/simulators/webpush/control.ts';
import { until } from '../fixtures/until.ts';

const page = readFileSync(new URL('../../docs/setup/apps.md', import.meta.url), 'utf8');
/** Every shell block with the platforms that it is for: none named is all. */
const blocks = [...page.matchAll(/^```sh([^\n]*)\n(.*?)^```/gms)].map(
  ([, platforms = '', commands = '']) => ({
    platforms: platforms.trim().split(' ').filter(Boolean),
    commands,
  }),
);
const [settings, ...steps] = blocks;

const missing = ['bash', 'curl', 'jq'].filter(name => spawnSync(name, ['--version']).error !== undefined);

test('every command of the guide works, on each platform', async t => {
  if (missing.length > 0) return t.skip(`not installed: ${missing.join(', ')}`);
  assert.ok(steps.length >= 11, `only ${steps.length} steps were found`);
  assert.match(settings?.commands ?? '', /^PROXY=.*^PHONE=.*^NAME=.*^APP=/ms);
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open('anna@fabrikam.com', { password: 'correct horse' });
  mailboxes.append('anna@fabrikam.com', { from: 'Ben <ben@fabrikam.com>', subject: 'Lunch?' });
  await using fcm = await FcmSimulator.start({ clock });
  await using system = await startSystem({
    folder,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
    fcm,
  });
  const collaborators = { logger: silentLogger, random: systemRandom };
  const platforms = {
    iOS: { simulator: system.apns, control: createApnsControl(system.apns, collaborators) },
    Android: { simulator: fcm, control: createFcmControl(fcm, collaborators) },
    browser: { simulator: system.webPush, control: createWebPushControl(system.webPush, collaborators) },
  };
  for (const [platform, { simulator, control }] of Object.entries(platforms)) {
    await t.test(platform, async () => {
      await using phone = await HttpListener.open(
        { host: '127.0.0.1', port: 0 },
        fetchHandler(control.fetch),
        { clock },
      );
      const here = [
        `PROXY=${system.proxyUrl} PHONE=http://127.0.0.1:${phone.port} APP=${demoApp}`,
        "NAME=anna@fabrikam.com PASSWORD='correct horse'",
      ];
      const own = steps.filter(step => step.platforms.length === 0 || step.platforms.includes(platform));
      const commands = own.map(step => `echo '---'\n${step.commands}`);
      const script = ['set -euo pipefail', ...here, ...commands].join('\n');
      const { stdout } = await promisify(execFile)('bash', ['-c', script]);

      const told = stdout.split('---\n').map(text => text.trim());
      const [opened, renewed, viewed, previewed, status, leaving] = told.slice(-6);
      assert.deepEqual(Object.keys(JSON.parse(opened ?? '')), ['badge', 'rev']);
      assert.ok(Number(renewed) > clock.now());
      assert.match(viewed ?? '', /^"since-viewed"\n\{"badge":0,"rev":\d+\}"unseen"$/);
      assert.equal(previewed, 'true');
      assert.match(status ?? '', /^"[a-z-]+"\n"[a-z-]+"$/);
      assert.equal(leaving, '"Anna’s iPhone"');
      const [device] = simulator.devices;
      await until('a badge came', () => device !== undefined && device.badges.length > 0);
    });
  }
  const known = new Set(['iOS', 'Android', 'browser']);
  assert.deepEqual(
    blocks.flatMap(block => block.platforms).filter(name => !known.has(name)),
    [],
  );
});

test('the guide has words for errors that exist, and for each that a device can mend', () => {
  const table = page.slice(page.indexOf('## Errors'), page.indexOf('## Limits'));
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, codes = '']) =>
    [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code),
  );
  assert.ok(named.length > 20, `only ${named.length} codes were found`);
  assert.deepEqual(
    named.filter(code => !(code in errorCodes)),
    [],
  );
});
