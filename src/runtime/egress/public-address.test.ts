import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPublicAddress } from './public-address.ts';

const refused = {
  'this network': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'link-local, cloud metadata': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'unique local': ['fc00::1', 'fd00:ec2::254', 'fdff::1'],
  'site-local': ['fec0::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'reserved and broadcast': ['240.0.0.1', '255.255.255.255', '192.0.0.8', '192.88.99.1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  benchmarks: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1'],
  'IPv4-compatible': ['::127.0.0.1', '::7f00:1', '::8.8.8.8'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::10.0.0.1'],
  '6to4': ['2002:7f00:1::1', '2002:a00:1::1'],
  Teredo: ['2001:0:7f00:1::1', '2001::1'],
  ORCHID: ['2001:10::1', '2001:20::1'],
  'discard-only, segment routing, unassigned': ['100::1', '5f00::1', '4000::1', '1::1'],
  'odd spellings': ['2130706433', '0x7f000001', '0177.0.0.1', '127.1', '8.8.8', '008.8.8.8', '8.8.8.8 ', ''],
};

for (const [kind, addresses] of Object.entries(refused)) {
  test(`not public: ${kind}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address);
  });
}

test('public addresses are public, up to the edge of the refused ranges', () => {
  const addresses = [
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::5f',
    '2001:4860:4860::8888',
    '2003::1',
  ];
  for (const address of addresses) assert.equal(isPublicAddress(address), true, address);
});

test('property: an IPv6 form around any IPv4 address is never public', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '::', '64:ff9b::'), (ipv4, prefix) => {
      assert.equal(isPublicAddress(`${prefix}${ipv4}`), false);
    }),
  );
});

test('property: any text has an answer', () => {
  fc.assert(fc.property(fc.string(), text => typeof isPublicAddress(text) === 'boolean'));
});
