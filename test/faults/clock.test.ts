// A proxy whose machine's clock is an hour off: it publishes nothing with proofs that the relay must refuse, says which
// clock is wrong and what to do, and goes on by itself once the clock is right.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { startSystem } from '../../src/demo/system.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { nativeReceiver, turnOnDevice, untilShown } from '../fixtures/devices.ts';
import { until } from '../fixtures/until.ts';

const hourMs = 3_600_000;

class WrongClock extends SystemClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

test('a clock that is an hour off', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const mailbox = { user: 'anna@fabrikam.com', password: 'pw-of-the-mailbox' };
  const mailboxes = new SimulatedMailboxes({ clock: new SystemClock() });
  mailboxes.open(mailbox.user, mailbox);
  const source = () => new SimulatedSource({ mailboxes, clock: new SystemClock(), random: systemRandom });
  await using system = await startSystem({ folder, source: source() });
  const phone = await turnOnDevice(system, 'anna-phone', nativeReceiver(system), mailbox);
  await system.proxy[Symbol.asyncDispose]();

  const config = parseProxyConfig(parseYaml(readFileSync(system.proxyConfigFile, 'utf8')));
  const deliver = (): number =>
    mailboxes.append(mailbox.user, { from: 'ada@example.org', subject: 'Lunch?' });
  let unseen = 0;
  for (const [name, aheadMs, said] of [
    ['ahead', hourMs, /60 minutes ahead of the relay's/],
    ['behind', -hourMs, /60 minutes behind the relay's|not valid before/],
  ] as const) {
    await t.test(name, async () => {
      const clock = new WrongClock();
      clock.aheadMs = aheadMs;
      await using proxy = createProxy(config, { clock, logger: silentLogger, source: source() });
      await proxy.start();
      const before = unseen;
      deliver();
      unseen += 1;
      const health = async () => {
        const answer = await fetch(`http://127.0.0.1:${proxy.ports.metrics}/health`);
        return (await answer.json()) as { status: string; faults: { detail: string; hint?: string }[] };
      };
      const fault = await until(
        'the clock is named',
        async () => (await health()).faults.find(({ detail }) => said.test(detail)),
        { seen: health },
      );
      assert.match(fault.hint ?? '', /synchronize/);
      assert.equal(phone.badge(), before);

      clock.aheadMs = 0;
      await untilShown([[phone, unseen]], 'the clock is right again');
      await until('nothing is wrong', async () => (await health()).status === 'ok', { seen: health });
    });
  }
});
