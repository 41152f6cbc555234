// Which IP addresses a request may be sent to when somebody outside named the host: only those of the public
// internet. IPv6 is an allow-list (global unicast) with exceptions; everything that embeds an IPv4 address
// (mapped, compatible, NAT64, 6to4, Teredo) is refused as a whole rather than decoded. Sources: the IANA
// special-purpose address registries (RFC 6890).

import { BlockList, isIP } from 'node:net';

const refusedIpv4 = blockList('ipv4', [
  ['0.0.0.0', 8], // "this network", RFC 791
  ['10.0.0.0', 8], // private, RFC 1918
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, where clouds keep their metadata services, RFC 3927
  ['172.16.0.0', 12], // private, RFC 1918
  ['192.0.0.0', 24], // IETF protocol assignments, RFC 6890
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.88.99.0', 24], // 6to4 relays, RFC 7526
  ['192.168.0.0', 16], // private, RFC 1918
  ['198.18.0.0', 15], // benchmarks, RFC 2544
  ['198.51.100.0', 24], // documentation, RFC 5737
  ['203.0.113.0', 24], // documentation, RFC 5737
  ['224.0.0.0', 4], // multicast, RFC 5771
  ['240.0.0.0', 4], // reserved, and the broadcast address
]);

/** Leaves out ::, ::1, ::a.b.c.d, ::ffff:a.b.c.d, 64:ff9b::/96, fc00::/7, fe80::/10, fec0::/10, ff00::/8 and more. */
const globalUnicast = blockList('ipv6', [['2000::', 3]]);

const refusedIpv6 = blockList('ipv6', [
  ['2001::', 23], // IETF protocol assignments: Teredo 2001::/32, benchmarks 2001:2::/48, ORCHID
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056
  ['3fff::', 20], // documentation, RFC 9637
]);

/** False for everything that is not the plain text of a public address, zone ids and odd spellings included. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refusedIpv4.check(address, 'ipv4');
    case 6:
      return (
        !address.includes('%') && globalUnicast.check(address, 'ipv6') && !refusedIpv6.check(address, 'ipv6')
      );
    default:
      return false;
  }
}

function blockList(
  family: 'ipv4' | 'ipv6',
  subnets: readonly (readonly [network: string, prefix: number])[],
): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}
