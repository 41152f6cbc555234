// examples/device-sdk, run as its README says, against a relay, a proxy and a simulated phone; its words for errors
// beside those of docs/setup/apps.md; and the guide's own lines of TypeScript, judged by the compiler.

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { wordsFor } from '../../examples/device-sdk/error-words.ts';
import { errorCodes } from '../../src/contract/error-codes.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoApp, startSystem } from '../../src/demo/system.ts';
import { isErrorCode } from '../../src/device/device-error.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { fetchHandler, HttpListener } from '../../src/runtime/http/listener.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { createApnsControl } from '../../src/simulators/apns/control.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { until } from '../fixtures/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs/setup/apps.md'), 'utf8');
const anna = 'anna@fabrikam.com';
const password = 'correct horse';

/** The program as a process, with what it said so far. */
class Program implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly ended: Promise<unknown[]>;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;

  constructor(settings: Record<string, string>) {
    const parameters = ['--conditions=mailbadge-source', 'examples/device-sdk/main.ts'];
    this.#process = spawn(execPath, parameters, {
      cwd: root,
      env: { ...env, ...settings },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#process.stdout }).on('line', line => this.lines.push(line));
    this.ended = once(this.#process, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** Types `line`, and waits for an answer that comes after it. */
  async does(line: string, answer: string): Promise<void> {
    const before = this.lines.length;
    this.#process.stdin.write(`${line}\n`);
    await this.says(answer, { from: before });
  }

  async says(line: string, { from = 0 } = {}): Promise<void> {
    const said = () => this.lines.includes(line, from);
    await until(`the program says "${line}"`, said, { seen: () => this.lines });
  }
}

test('the example turns a badge on, follows it and turns it off; a wrong code makes it start again', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-example-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open(anna, { password });
  mailboxes.append(anna, { from: 'Carol <carol@fabrikam.com>', subject: 'Before' });
  await using system = await startSystem({
    folder,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
  });
  const control = createApnsControl(system.apns, { logger: silentLogger, random: systemRandom });
  await using port = await HttpListener.open(
    { host: '127.0.0.1', port: 0 },
    fetchHandler(async request => withFirstCodeWrong(await control.fetch(request))),
    { clock },
  );
  const settings = { PROXY: system.proxyUrl, PHONE: `http://127.0.0.1:${port.port}`, APP: demoApp };

  await using program = new Program({ ...settings, NAME: anna, PASSWORD: password });
  await program.says(`signed in to ${anna}`);
  await program.says('the badge is on');
  const [device] = system.apns.devices;
  assert.equal(device?.codes.untaken.length, 2, 'a code for each ticket');
  await program.says('badge 0');
  mailboxes.append(anna, { from: 'Ben <ben@fabrikam.com>', subject: 'Lunch?' });
  await program.says('badge 1, Ben: Lunch?');
  await program.does('open', 'opened: 1');
  await program.does('look', 'looked at: 0');
  await until('the icon shows that the inbox was looked at', () => device.badge === 0);
  await program.does('renew', 'renewed');
  await program.does('dance', 'open, look, renew or off?');
  await program.does('off', 'the badge is off');
  assert.deepEqual(await program.ended, [0, null]);

  await using refused = new Program({ ...settings, NAME: anna, PASSWORD: 'wrong' });
  assert.deepEqual(await refused.ended, [1, null]);
  assert.deepEqual(refused.lines, [
    'sign-in-refused: That name and password do not open the mailbox. Use those of your mail.',
  ]);
});

async function withFirstCodeWrong(answer: Response): Promise<Response> {
  const text = await answer.text();
  const state = JSON.parse(text) as { codes?: string[] };
  if (state.codes?.[0] !== undefined) state.codes[0] = 'A'.repeat(22);
  return new Response(JSON.stringify(state), { status: answer.status, headers: answer.headers });
}

test('the example has the guide’s words for every code', () => {
  const table = guide.slice(guide.indexOf('## Errors'), guide.indexOf('## Limits'));
  const rows = [...table.matchAll(/^\| (`.*?`) \| .*? \| (.*?) \|$/gm)].flatMap(
    ([, codes = '', words = '']) =>
      [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => ({ code, words })),
  );
  assert.ok(rows.length > 20, `only ${rows.length} codes were found`);
  for (const { code, words } of rows) {
    assert.ok(isErrorCode(code) && errorCodes[code].status >= 400, code);
    if (words.startsWith('(nothing')) continue;
    assert.equal(wordsFor({ code, retryAfterMs: 120_000 }), words.replace('… minutes', '2 min'), code);
  }
});

/** What the guide leaves to the app. */
const ofTheApp = `
declare const proxyUrl: string, user: string, password: string, installationId: string, deviceName: string;
declare const appId: string, token: string, shown: number, keychain: { session: string | undefined };
declare function codeThatWasPushed(): Promise<string>;
declare function turnOnAgain(): void;
declare function tryAgainIn(ms: number): void;
declare const push: { preview: string };
`;

test('the guide’s TypeScript compiles against what the package exports', () => {
  const blocks = [...guide.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  assert.ok(blocks.length >= 3);
  const file = join(root, 'examples/guide.ts'); // in memory alone
  const source = [...blocks, ofTheApp].join('\n');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), path => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = path => (path === file ? source : readFile.call(host, path));
  host.fileExists = path => path === file || fileExists.call(host, path);
  const program = ts.createProgram([file], options, host);
  const told = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  assert.deepEqual(told, []);
});
