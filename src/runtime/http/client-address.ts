// Who is calling, for throttling and logs: the socket's address, or what a trusted reverse proxy says.
// A forwarded header from anybody else is ignored, since the caller can set it.

import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

/** An address or a network in a configuration. */
export const networkSchema = z
  .string()
  .refine(isNetwork, 'expected an address or a network, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8');

function isNetwork(text: string): boolean {
  try {
    trustedProxies([text]);
    return true;
  } catch {
    return false;
  }
}

/** Of what `networkSchema` took. */
export function trustedProxies(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Read from its end, where the proxies that are trusted write: what stands before a word that is no address may be anybody's. */
export function clientAddress(request: IncomingMessage, trusted: BlockList): string {
  let address = plain(request.socket.remoteAddress ?? '');
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  while (isTrusted(trusted, address)) {
    const before = plain(withoutPort(forwarded.pop()?.trim() ?? ''));
    if (isIP(before) === 0) break;
    address = before;
  }
  return address;
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Some proxies write the client's port too: 192.0.2.1:4711, [2001:db8::1]:4711. */
function withoutPort(text: string): string {
  return text.replace(/^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/, '$1$2');
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** What one client has to itself: an IPv4 address, or the /64 network of an IPv6 address, whose holder has all of it. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => '0');
  return [...groups, ...zeros, ...behind]
    .slice(0, 4)
    .map(group => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
