// Performs the seed document, from signing the organization up to the monitoring probe, on empty folders with real
// processes, and prints what an administrator types and reads. `--write` keeps it as docs/setup/walkthrough.md; a
// test compares the two.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { DeviceAuthorization, SignUp } from '../src/contract/console/relay-console.ts';
import { dovecotUnavailable } from '../test/fixtures/dovecot.ts';
import { ConsoleBrowser } from '../test/fixtures/relay-console.ts';
import { until } from '../test/fixtures/until.ts';
import { Transcript } from './walk-the-seed/transcript.ts';
import {
  anna,
  openWalkedSystem,
  organization,
  turnOnPhone,
  type WalkedSystem,
} from './walk-the-seed/walked-system.ts';
import * as words from './walk-the-seed/words.ts';

const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const document = fileURLToPath(new URL('../docs/setup/walkthrough.md', import.meta.url));
const administrator = { email: `administrator@${organization}`, password: 'correct horse battery staple' };

const unavailable = dovecotUnavailable();
if (unavailable !== undefined) {
  process.stderr.write(`walk-the-seed: ${unavailable}\n`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'mbw-'));
chmodSync(folder, 0o755); // mail processes reach the socket in it
const transcript = new Transcript();
const parts = new AsyncDisposableStack();
try {
  await walk(await openWalkedSystem(folder, parts));
  if (argv.includes('--write')) writeFileSync(document, transcript.text);
  else process.stdout.write(transcript.text);
} finally {
  await parts.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
}

async function walk(system: WalkedSystem): Promise<void> {
  const { relay, proxy, files } = system;
  const { issuer } = files.relay;
  const browser = new ConsoleBrowser({ issuer });
  const show = (...args: string[]): Promise<void> => shown(system, args);
  transcript.hide(issuer, 'https://relay.example.com');
  transcript.hide(files.proxy.public_url, 'https://proxy.fabrikam.com');
  transcript.hide(folder, '/var/lib/mailbadge');
  transcript.hide(hostname(), 'mail');

  transcript.say(words.introduction);
  transcript.say(words.signUp);
  await relay.start();
  await signUp(system, browser);
  transcript.say(words.signedUp);
  await show('relay', 'organization', 'show', organization);

  transcript.say(words.versions);
  await show('--version');
  await show('relay', 'status');

  transcript.say(words.stepOne);
  const setUp = ['proxy', 'trust', 'set-up', '--organization', organization, '--relay', issuer];
  await show(...setUp);
  transcript.say(words.stepOneAgain);
  await show(...setUp);
  transcript.say(words.certificates);
  await show('proxy', 'trust', 'certificate', 'list');

  transcript.say(words.stepTwo);
  await browser.ask('POST', '/session', administrator);
  await connect(system, browser);
  transcript.say(words.stepTwoDone);
  await show('proxy', 'trust', 'credential', 'list');

  transcript.say(words.enable);
  await show('proxy', 'enable', '--organization', organization);
  transcript.say(words.serve);
  await proxy.start();
  await proxy.untilHealthy();
  await show('proxy', 'status');

  transcript.say(words.verifyByMail);
  const phone = await turnOnPhone(system);
  const mail = show('proxy', 'test-mail', anna, '--wait-for-report');
  const seen = until('the phone shows the message', () => phone.device.badge === 1).then(phone.report);
  await Promise.all([mail, seen]);
  transcript.say(words.whyText);
  await show('proxy', 'why', anna);

  transcript.say(words.verifyByProbe);
  await show('proxy', 'probe');
  transcript.say(words.doctor);
  await show('proxy', 'doctor');
  transcript.say(words.disable);
  await show('proxy', 'disable', '--force');
  transcript.say(words.end);
}

/** As the console's page does it: begin, publish the record, check. */
async function signUp({ dns }: WalkedSystem, browser: ConsoleBrowser): Promise<void> {
  const { id, record } = await browser.ask<SignUp>('POST', '/sign-ups', {
    name: 'Fabrikam',
    domain: 'Fabrikam.com',
    contact: administrator.email,
    ...administrator,
  });
  dns.set(record.name, { records: [[record.value]] });
  transcript.show(`dig +short TXT ${record.name}`, `"${record.value}"`);
  const check = await browser.ask('POST', `/sign-ups/${id}/check`, {});
  assert.deepEqual(check, { proved: true, detail: null });
}

/** The administrator approves in the console while the command waits. */
async function connect(system: WalkedSystem, browser: ConsoleBrowser): Promise<void> {
  const approve = async (output: string): Promise<void> => {
    const code = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(output)?.[0] ?? '';
    const path = `/device-authorizations/${code}`;
    const { keyId, thumbprint } = await browser.ask<DeviceAuthorization>('GET', path);
    assert.ok(output.replaceAll(' ', '').includes(thumbprint), 'terminal and page show the same thumbprint');
    const { password } = administrator;
    await browser.ask('POST', `${path}/decision`, { decision: 'approve', keyId, password });
  };
  await shown(system, ['proxy', 'trust', 'connect'], { line: /Compare .*\n/, act: approve });
}

/** Runs the command and adds it, with both its outputs in their order, to the transcript. Fails when it fails. */
async function shown(
  { files }: WalkedSystem,
  args: string[],
  on?: { line: RegExp; act: (output: string) => Promise<void> },
): Promise<void> {
  const config =
    args[0] === 'relay'
      ? ['--config', files.relayFile]
      : args[0] === 'proxy'
        ? ['--config', files.proxyFile]
        : [];
  const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', execPath, program, ...args, ...config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let waiting = on;
  let reaction = Promise.resolve();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (waiting?.line.test(output) === true) {
      reaction = waiting.act(output);
      waiting = undefined;
    }
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await reaction;
  assert.equal(status, 0, `mailbadge ${args.join(' ')}:\n${output}`);
  transcript.show(`mailbadge ${args.join(' ')}`, output);
}
