import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../manual-clock.ts';
import type { Dial } from './dial.ts';
import { createEgress, defaultEgressLimits } from './egress.ts';
import { isPublicAddress } from './public-address.ts';

const clock = new ManualClock();
const endpoint = 'https://web.push.apple.com/QGw';

/** Notes whom it was asked to dial, and reaches nobody. */
function refusingDial() {
  const dialled: string[] = [];
  const dial: Dial = async ({ address, hostname, port }) => {
    dialled.push(`${hostname}=${address}:${port}`);
    throw Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' });
  };
  return { dialled, dial };
}

async function send(resolve: (hostname: string) => Promise<string[]>, url = endpoint) {
  const { dialled, dial } = refusingDial();
  await using egress = createEgress({
    allow: ['web.push.apple.com', '127.0.0.1', '8.8.8.8'],
    clock,
    resolve,
    dial,
  });
  const result = await egress.send({ method: 'POST', url, headers: {}, notAfter: clock.now() + 5000 });
  return { result, dialled };
}

test('a name that resolves to a private address is not dialled', async () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '0.0.0.0',
    '::',
    '::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ]) {
    const { result, dialled } = await send(async () => [address]);
    assert.deepEqual(result, { kind: 'refused', reason: 'address-not-public' }, address);
    assert.deepEqual(dialled, []);
  }
});

test('one public address does not vouch for a private one, in either order', async () => {
  for (const addresses of [
    ['8.8.8.8', '10.0.0.1'],
    ['10.0.0.1', '8.8.8.8'],
    ['8.8.8.8', '8.8.4.4', '9.9.9.9', '::1'],
  ]) {
    const { result, dialled } = await send(async () => addresses);
    assert.deepEqual(result, { kind: 'refused', reason: 'address-not-public' });
    assert.deepEqual(dialled, []);
  }
});

test('a literal private address on the allow-list is refused, a public one is dialled unresolved', async () => {
  const unresolved = (): Promise<string[]> => assert.fail('an address was looked up');
  const refused = await send(unresolved, 'https://2130706433/');
  assert.deepEqual(refused, { result: { kind: 'refused', reason: 'address-not-public' }, dialled: [] });
  const { dialled } = await send(unresolved, 'https://8.8.8.8/');
  assert.deepEqual(dialled, ['8.8.8.8=8.8.8.8:443']);
});

test('rebinding: a name is resolved once, and what was checked is what is dialled', async () => {
  let lookups = 0;
  const { dialled } = await send(async () => {
    lookups += 1;
    return lookups === 1 ? ['8.8.8.8'] : ['127.0.0.1'];
  });
  assert.equal(lookups, 1);
  assert.deepEqual(dialled, ['web.push.apple.com=8.8.8.8:443']);
});

test('rebinding between two requests: each new connection is checked anew', async () => {
  const { dialled, dial } = refusingDial();
  const answers = [['8.8.8.8'], ['169.254.169.254']];
  await using egress = createEgress({
    allow: ['web.push.apple.com'],
    clock,
    resolve: async () => answers.shift() ?? assert.fail('looked up a third time'),
    dial,
  });
  const request = { method: 'POST', url: endpoint, headers: {}, notAfter: clock.now() + 5000 } as const;
  assert.equal((await egress.send(request)).kind, 'unreachable');
  assert.deepEqual(await egress.send(request), { kind: 'refused', reason: 'address-not-public' });
  assert.deepEqual(dialled, ['web.push.apple.com=8.8.8.8:443']);
});

test('the next checked address is tried when one is not reached, a few at most', async () => {
  const { result, dialled } = await send(async () => ['8.8.8.8', '2606:4700::1111', '9.9.9.9', '1.1.1.1']);
  assert.deepEqual(dialled, [
    'web.push.apple.com=8.8.8.8:443',
    'web.push.apple.com=2606:4700::1111:443',
    'web.push.apple.com=9.9.9.9:443',
  ]);
  assert.deepEqual(result, { kind: 'unreachable', reason: 'ECONNREFUSED' });
});

test('a name that does not resolve is unreachable: certainly nothing was sent', async () => {
  const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const failed = await send(() => Promise.reject(notFound));
  assert.deepEqual(failed.result, { kind: 'unreachable', reason: 'ENOTFOUND' });
  const empty = await send(async () => []);
  assert.deepEqual(empty.result, { kind: 'unreachable', reason: 'ENODATA' });
});

test('what the rule refuses is not even resolved', async () => {
  const { result } = await send(() => assert.fail('resolved'), 'https://evil.com/web.push.apple.com');
  assert.deepEqual(result, { kind: 'refused', reason: 'host-not-allowed' });
});

test('after notAfter nothing is started', async () => {
  const { dialled, dial } = refusingDial();
  await using egress = createEgress({
    allow: ['web.push.apple.com'],
    clock,
    resolve: async () => ['8.8.8.8'],
    dial,
  });
  const result = await egress.send({ method: 'POST', url: endpoint, headers: {}, notAfter: clock.now() - 1 });
  assert.deepEqual(result, { kind: 'not-started', reason: 'too-late' });
  assert.deepEqual(dialled, []);
});

test('a name server that hangs is asked once, and holds up neither the caller nor another host', async () => {
  const asked: string[] = [];
  const { dial } = refusingDial();
  await using egress = createEgress({
    allow: ['*.notify.windows.com'],
    clock,
    dial,
    resolve: hostname => {
      asked.push(hostname);
      return hostname.startsWith('slow') ? new Promise(() => {}) : Promise.resolve(['8.8.8.8']);
    },
  });
  const post = (host: string) =>
    egress.send({
      method: 'POST',
      url: `https://${host}.notify.windows.com/`,
      headers: {},
      notAfter: clock.now() + 5000,
    });
  const slow = [post('slow'), post('slow'), post('slow')];
  assert.deepEqual(await post('other'), { kind: 'unreachable', reason: 'ECONNREFUSED' });
  assert.deepEqual(asked, ['slow.notify.windows.com', 'other.notify.windows.com']);
  await clock.advance(defaultEgressLimits.connectMs);
  for (const result of await Promise.all(slow))
    assert.deepEqual(result, { kind: 'unreachable', reason: 'ETIMEDOUT' });
});

test('property: whatever the URL and the name server say, only public addresses are dialled', async () => {
  const { dialled, dial } = refusingDial();
  let answer: string[] = [];
  await using egress = createEgress({
    allow: ['web.push.apple.com', '*.notify.windows.com'],
    clock,
    dial,
    resolve: async () => answer,
  });
  const url = fc.oneof(
    fc.constant(endpoint),
    fc.string(),
    fc.webUrl(),
    fc.string().map(text => `https://${text}.notify.windows.com/`),
  );
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.constant('8.8.8.8'));
  await fc.assert(
    fc.asyncProperty(url, fc.array(address, { maxLength: 4 }), async (text, addresses) => {
      answer = addresses;
      dialled.length = 0;
      await egress.send({ method: 'POST', url: text, headers: {}, notAfter: clock.now() + 1000 });
      for (const target of dialled) {
        const dialledAddress = /=(.*):443$/.exec(target)?.[1] ?? '';
        assert.ok(addresses.includes(dialledAddress) && isPublicAddress(dialledAddress), target);
      }
      if (!addresses.every(isPublicAddress)) assert.deepEqual(dialled, []);
    }),
    { numRuns: 500 },
  );
});
