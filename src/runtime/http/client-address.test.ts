import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import test from 'node:test';
import { clientAddress, networkOf, networkSchema, trustedProxies } from './client-address.ts';

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

test('a forwarded address is believed only from a trusted proxy, back to the first stranger', () => {
  const trusted = trustedProxies(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
  const cases: [remote: string, forwarded: string | undefined, expected: string][] = [
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '1.2.3.4, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
    ['127.0.0.1', 'not an address', '127.0.0.1'],
    ['fd00::1', '2001:db8::7', '2001:db8::7'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    // What a stranger wrote stands before what the proxy wrote, in whatever form that is.
    ['127.0.0.1', '1.2.3.4, 198.51.100.1:4711', '198.51.100.1'],
    ['127.0.0.1', '1.2.3.4, [2001:db8::7]:4711', '2001:db8::7'],
    ['127.0.0.1', '1.2.3.4, [2001:db8::7]', '2001:db8::7'],
    ['127.0.0.1', '1.2.3.4, unknown', '127.0.0.1'],
    ['127.0.0.1', '1.2.3.4,', '127.0.0.1'],
    ['127.0.0.1', '1.2.3.4, 10.1.2.3:80, _hidden, 10.1.2.3', '10.1.2.3'],
  ];
  for (const [remote, forwarded, expected] of cases) {
    assert.equal(clientAddress(request(remote, forwarded), trusted), expected, `${remote} ${forwarded}`);
  }
});

test('what is no network is refused when the configuration is read', () => {
  for (const wrong of ['localhost', '10.0.0.0/33', '10.0.0.0/x', '']) {
    assert.equal(networkSchema.safeParse(wrong).success, false, wrong);
  }
  for (const right of ['10.0.0.0/8', '::1', 'fd00::/8']) assert.equal(networkSchema.parse(right), right);
});

test('an IPv6 client is its /64 network, however it is written', () => {
  for (const address of [
    '2001:db8:0:7::1',
    '2001:0db8:0000:0007:ffff::',
    '2001:DB8::7:1:2:3:4',
    '2001:db8:0:7:1:2:3:4%eth0',
  ]) {
    assert.equal(networkOf(address), '2001:db8:0:7', address);
  }
  assert.equal(networkOf('::1'), '0:0:0:0');
  assert.equal(networkOf('203.0.113.9'), '203.0.113.9');
});
