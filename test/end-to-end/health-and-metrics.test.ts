// What watches a relay and a proxy from outside: /metrics is exactly what the reference says, and /health tells each
// reason why badges do not flow, while the process lives and /metrics answers all the same.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { nativeReceiver, turnOnDevice, untilShown } from '../fixtures/devices.ts';
import { until } from '../fixtures/until.ts';

const anna = { user: 'anna@fabrikam.com', password: 'correct horse' };
const reference = new URL('../../docs/reference/metrics.md', import.meta.url);

test('health and metrics of a running relay and proxy', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbh-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open(anna.user, anna);
  const source = new SimulatedSource({ mailboxes, clock, random: systemRandom });
  await using system = await startSystem({ folder, source });
  const phone = await turnOnDevice(system, 'anna-phone', nativeReceiver(system), anna);
  mailboxes.append(anna.user, { from: 'ada@example.org', subject: 'Lunch?' });
  await untilShown([[phone, 1]], 'a badge has gone its way');
  const listeners = {
    Proxy: `http://127.0.0.1:${system.proxy.ports.metrics}`,
    Relay: `http://127.0.0.1:${system.relay.ports.metrics}`,
  };

  for (const [service, listener] of Object.entries(listeners)) {
    await t.test(`${service}: /metrics is what the reference says, and no more`, async () => {
      const documented = documentedMetrics(service);
      const exposed = exposedMetrics(await (await fetch(`${listener}/metrics`)).text());
      const ours = [...exposed].filter(([name]) => !/^(process|nodejs)_/.test(name));
      assert.deepEqual(
        ours.map(([name, { kind, help }]) => [name, kind, help]).toSorted(),
        [...documented].map(([name, { kind, help }]) => [name, kind, help]).toSorted(),
      );
      for (const [name, { labels }] of ours) {
        for (const seen of labels) assert.deepEqual(seen, documented.get(name)?.labels, name);
      }
      assert.ok(
        ours.some(([, { labels }]) => labels.some(seen => seen.length > 0)),
        'labels were seen',
      );
    });
  }

  await t.test('/health is not on the listener for devices; on its own it is well', async () => {
    assert.equal((await fetch(`${system.proxyUrl}/health`)).status, 404);
    for (const listener of Object.values(listeners)) {
      const healthy = async () => (await fetch(`${listener}/health`)).status === 200;
      await until(`${listener} is well`, healthy);
    }
  });

  await t.test('a database file that is gone is told by both, and over when it is back', async () => {
    for (const [file, listener] of [
      ['proxy.db', listeners.Proxy],
      ['relay.db', listeners.Relay],
    ] as const) {
      const path = join(folder, file);
      renameSync(path, `${path}.aside`);
      await until('it is told', async () => {
        const answer = await fetch(`${listener}/health`);
        return answer.status === 503 && (await answer.text()).includes('database-unavailable');
      });
      assert.equal((await fetch(`${listener}/metrics`)).status, 200, 'the process lives');
      renameSync(`${path}.aside`, path);
      await until('it is over', async () => (await fetch(`${listener}/health`)).status === 200);
    }
  });

  await t.test(
    'a relay that is gone: nobody answers for it; the proxy lives, and says that it waits',
    async () => {
      await system.relay[Symbol.asyncDispose]();
      await assert.rejects(fetch(`${listeners.Relay}/health`), 'stopped is not answered');
      mailboxes.append(anna.user, { from: 'ada@example.org', subject: 'Dinner?' });
      await until('the proxy tells', async () => {
        const answer = await fetch(`${listeners.Proxy}/health`);
        const { faults } = (await answer.json()) as { faults: { part: string; code: string }[] };
        return answer.status === 503 && faults.some(({ code }) => code === 'relay-unreachable');
      });
      assert.equal((await fetch(`${listeners.Proxy}/metrics`)).status, 200);
    },
  );
});

type Metric = { kind: string; help: string };

function documentedMetrics(service: string): Map<string, Metric & { labels: string[] }> {
  const text = readFileSync(reference, 'utf8');
  const part = text.split(/^## /m).find(section => section.startsWith(service)) ?? assert.fail(service);
  const rows = [...part.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$/gm)];
  return new Map(
    rows.map(([, name = '', kind = '', labels = '', help = '']) => [
      name,
      { kind, help, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).toSorted() },
    ]),
  );
}

/** By name; `labels`: of each series that there is. */
function exposedMetrics(text: string): Map<string, Metric & { labels: string[][] }> {
  const metrics = new Map<string, Metric & { labels: string[][] }>();
  for (const [, name = '', help = '', kind = ''] of text.matchAll(
    /^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm,
  )) {
    metrics.set(name, { kind, help, labels: [] });
  }
  for (const [, series = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const name = metrics.has(series) ? series : series.replace(/_(bucket|sum|count)$/, '');
    const metric = metrics.get(name) ?? assert.fail(`${series} has no type`);
    const names = [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label);
    metric.labels.push(names.filter(label => label !== 'le').toSorted());
  }
  return metrics;
}
