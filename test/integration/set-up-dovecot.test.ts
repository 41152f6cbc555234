// `mailbadge proxy set-up dovecot` as a process: what it prints makes a real Dovecot tell its events through a
// socket that only a group may write to, and the proof says exactly what is wrong when something is.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Dovecot, doveadmApiKey, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';

const needsRoot = process.getuid?.() === 0 ? undefined : 'only root can give a socket to another group';
const secret = 'a-secret-of-the-prefix';

type Ran = { code: number; stdout: string; stderr: string };

describe('proxy set-up dovecot', { skip: dovecotUnavailable() ?? needsRoot ?? false }, () => {
  let directory: string;
  let dovecot: Dovecot;

  async function run(
    words: string[],
    { fields = {}, name = {} }: { fields?: object; name?: object } = {},
  ): Promise<Ran> {
    const source = {
      kind: 'dovecot',
      listen: { path: join(directory, 'd.sock'), mode: '0660', group: 'mail' },
      prefix_secret: secret,
      recount: {
        kind: 'doveadm',
        url: dovecot?.doveadmUrl ?? 'http://127.0.0.1:1/',
        password: doveadmApiKey,
      },
      imap: { host: '127.0.0.1', port: dovecot?.ports.imaps ?? 1, ca_file: dovecot?.certificateFile },
      ...fields,
    };
    const config = join(directory, 'proxy.yml');
    await writeFile(
      config,
      JSON.stringify({ public_url: 'https://proxy.example', mailboxes: { source, name } }), // YAML, too
    );
    const command = ['src/cli/main.ts', 'proxy', 'set-up', 'dovecot', '--config', config, ...words];
    const env = { ...process.env, MAILBADGE_MAILBOX_PASSWORD: dovecotPassword };
    return promisify(execFile)(process.execPath, command, { env }).then(
      out => ({ code: 0, ...out }),
      (error: Ran) => error,
    );
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mbp-'));
    await chmod(directory, 0o755);
    const { stdout } = await run(['--json']);
    const { files } = JSON.parse(stdout) as { files: { text: string }[] };
    const printed = files.map(({ text }) => text.replaceAll(/^!include_try.*$/gm, '')).join('\n');
    // this server knows people by the part before the @
    dovecot = await Dovecot.start({
      users: ['alice'],
      extraConfig: `auth_username_format = %Ln\n${printed}`,
    });
  });
  after(async () => {
    await dovecot[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  test('what it prints works, and is proved', async () => {
    await dovecot.deliver('alice');
    const proved = await run(['--prove', 'ALICE@fabrikam.com', '--json'], { name: { strip_domain: true } });
    assert.equal(proved.code, 0, proved.stderr);
    const { eventMs, ...proof } = JSON.parse(proved.stdout) as Record<string, unknown>;
    assert.deepEqual(proof, { mailboxId: 'alice', eventName: 'alice', unseen: 1 });
    assert.equal(typeof eventMs, 'number');
    using client = await dovecot.signIn('alice');
    assert.deepEqual(await client.command('STATUS INBOX (MESSAGES)'), ['* STATUS INBOX (MESSAGES 1)']);
  });

  test('the printed text keeps the secret in a file of its own and always sets the timeout', async () => {
    const { stdout } = await run([]);
    const [, main = '', secretFile = ''] = stdout.split(/^# ==> /m);
    assert.doesNotMatch(main, /a-secret/);
    assert.match(secretFile, /mode 0600[\s\S]*prefix=a-secret-of-the-prefix\/:timeout_msecs=1000/);
    assert.match((await run(['--dovecot', '2.4'])).stdout, /UNVERIFIED/);
  });

  for (const [what, fields, mailbox, stderr] of [
    ['other names', {}, 'alice@fabrikam.com', /told of "alice", and not of "alice@fabrikam.com"/],
    ['another secret', { prefix_secret: 'another-secret-16' }, 'alice', /another secret prefix/],
    [
      'another socket',
      { listen: { path: `/tmp/mailbadge-other-${process.pid}.sock` } },
      'alice',
      /told nothing of the change/,
    ],
    ['a wrong mailbox', {}, 'nobody', /refuses nobody’s password/],
    [
      'a wrong doveadm',
      { recount: { kind: 'doveadm', url: 'http://127.0.0.1:1/', password: 'x' } },
      'alice',
      /events work, but the mailbox cannot be counted/,
    ],
  ] as const) {
    test(`names the difference: ${what}`, async () => {
      const proved = await run(['--prove', mailbox], { fields });
      assert.equal(proved.code, 1);
      assert.match(proved.stderr, stderr);
      assert.match(proved.stderr, /mailbadge: hint: /);
      assert.doesNotMatch(proved.stderr, /a-secret|pw-of/);
    });
  }
});
