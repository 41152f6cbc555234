// docs/setup/apps.md, as a developer of an app follows it: its shell commands, as they stand and in their order, against
// a relay, a proxy and a simulated phone; and its example of the errors' words against the codes that there are.

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
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';

const page = readFileSync(new URL('../../docs/setup/apps.md', import.meta.url), 'utf8');
const [settings = '', ...steps] = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);

const missing = ['bash', 'curl', 'jq'].filter(name => spawnSync(name, ['--version']).error !== undefined);

test('every command of the guide works', { timeout: 300_000 }, async t => {
  if (missing.length > 0) return t.skip(`not installed: ${missing.join(', ')}`);
  assert.ok(steps.length >= 11, `only ${steps.length} steps were found`);
  assert.match(settings, /^PROXY=.*^PHONE=.*^NAME=.*^APP=/ms);
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open('anna@fabrikam.com', { password: 'correct horse' });
  mailboxes.append('anna@fabrikam.com', { from: 'Ben <ben@fabrikam.com>', subject: 'Lunch?' });
  await using system = await startSystem({
    folder,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
  });
  const control = createApnsControl(system.apns, { logger: silentLogger, random: systemRandom });
  await using phone = await HttpListener.open({ host: '127.0.0.1', port: 0 }, fetchHandler(control.fetch), {
    clock,
  });

  const here = [
    `PROXY=${system.proxyUrl} PHONE=http://127.0.0.1:${phone.port} APP=${demoApp}`,
    "NAME=anna@fabrikam.com PASSWORD='correct horse'",
  ];
  const script = ['set -euo pipefail', ...here, ...steps.map(step => `echo '---'\n${step}`)].join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { timeout: 180_000 });

  const told = stdout.split('---\n').map(text => text.trim());
  const [opened, renewed, viewed, previewed, status, leaving] = told.slice(-6);
  assert.deepEqual(Object.keys(JSON.parse(opened ?? '')), ['badge', 'rev']);
  assert.ok(Number(renewed) > clock.now());
  assert.match(viewed ?? '', /^"since-viewed"\n\{"badge":0,"rev":\d+\}"unseen"$/);
  assert.equal(previewed, 'true');
  assert.match(status ?? '', /^"[a-z-]+"\n"[a-z-]+"$/);
  assert.equal(leaving, '"Anna’s iPhone"');
  const [device] = system.apns.devices;
  assert.equal(device?.badgePermission, true);
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
