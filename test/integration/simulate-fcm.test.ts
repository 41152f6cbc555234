// `mailbadge simulate fcm` as a process of its own: what it prints is enough to reach it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { z } from 'zod';
import { FcmAccounts } from '../../src/relay/providers/fcm/accounts.ts';
import { createFcmProvider } from '../../src/relay/providers/fcm/fcm.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const printedSchema = z.object({
  project_id: z.string(),
  service_account_file: z.string(),
  url: z.string(),
  ca_file: z.string(),
  control: z.string(),
});

test('a relay that is told what it prints delivers to a device registered over HTTP', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mailbadge-simulate-'));
  const ports = ['--port', '0', '--token-port', '0', '--control-port', '0'];
  const child = spawn(
    process.execPath,
    [main, 'simulate', 'fcm', ...ports, '--directory', directory, '--json'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    const { control, ...config } = printedSchema.parse(await readJson(child.stdout));
    const request = async (
      method: string,
      path: string,
      body?: unknown,
    ): Promise<{ [name: string]: unknown }> => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${control}${path}`, { method, ...sent });
      return (await response.json()) as { [name: string]: unknown };
    };
    const token = String((await request('POST', '/devices', {}))['token']);
    const device = `/devices/${encodeURIComponent(token)}`;

    const clock = new ManualClock(Date.now()); // no deadline passes, however slow the other process
    await using accounts = new FcmAccounts({ clock, random: systemRandom, logger: silentLogger });
    const provider = createFcmProvider(config, { accounts, clock });
    const deliver = (badge: number) =>
      provider.deliver({
        id: crypto.randomUUID(),
        traceId: '0'.repeat(32),
        target: { provider: 'fcm', token },
        badge,
        rev: badge,
        collapseKey: 'icon',
        expiresAt: clock.now() + 3_600_000,
        presentation: 'badge',
        notAfter: clock.now() + 5000,
      });

    assert.equal((await deliver(3)).kind, 'accepted');
    assert.equal((await request('GET', device))['badge'], 3);

    await request('PUT', `${device}/online`, { online: false });
    assert.equal((await deliver(4)).kind, 'accepted');
    assert.equal((await request('GET', device))['badge'], 3);
    assert.equal((await request('PUT', `${device}/online`, { online: true }))['badge'], 4);

    const fault = { kind: 'answer', status: 503, reason: 'UNAVAILABLE' };
    assert.deepEqual(await request('POST', '/faults', { fault }), { pendingFaults: 1 });
    assert.equal((await deliver(5)).kind, 'unavailable');

    await request('DELETE', device);
    assert.equal((await deliver(6)).kind, 'gone');
  } finally {
    child.kill();
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    assert.equal(code, 0, 'it ends gently');
    rmSync(directory, { recursive: true });
  }
});

/** The first JSON document that the process prints. */
async function readJson(stream: NodeJS.ReadableStream): Promise<unknown> {
  let text = '';
  for await (const line of createInterface({ input: stream })) {
    text += line;
    if (line === '}') return JSON.parse(text);
  }
  throw new Error('it printed nothing');
}
