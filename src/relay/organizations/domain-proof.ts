// Proof that whoever signs an organization up holds its domain: a TXT record that only the domain's owner can
// publish. What a name server says with authority (there is no such record) is told apart from what nobody could
// say (a failure, a timeout): only the former may ever count against an organization.

import { Resolver } from 'node:dns/promises';
import type { Random } from '../../runtime/random.ts';

/** The records of a name, each as the strings it is made of; throws as node:dns does. */
export type LookUpTxt = (name: string) => Promise<string[][]>;

export type DomainRecord = { name: string; value: string };

export type DomainProof =
  | { kind: 'proved' }
  /** The name servers answered, and the record is not there. `detail` says what is. */
  | { kind: 'missing'; detail: string }
  /** Nobody can tell. */
  | { kind: 'unreachable'; detail: string };

const prefix = 'mailbadge-domain-proof=';
const tokenBytes = 16;
const foundShown = 3;
const foundCharacters = 80;

/** c-ares: the name does not exist (RFC 2308 §2.1), or has no TXT record (§2.2). All other errors are nobody's answer. */
const authoritative = new Set(['ENOTFOUND', 'ENODATA']);

export function newDomainToken(random: Random): string {
  return random.bytes(tokenBytes).toString('base64url');
}

/** What the domain's owner publishes. RFC 8552: a name of its own below the domain, with an underscore. */
export function domainRecord(domain: string, token: string): DomainRecord {
  return { name: `_mailbadge.${domain}`, value: `${prefix}${token}` };
}

export async function checkDomainProof(
  lookUpTxt: LookUpTxt,
  { domain, token }: { domain: string; token: string },
): Promise<DomainProof> {
  const { name, value } = domainRecord(domain, token);
  let records: string[];
  try {
    // RFC 7208 §3.3 has the reason: a TXT record may come in several strings, which are one text.
    records = (await lookUpTxt(name)).map(strings => strings.join('').trim());
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (!authoritative.has(code)) return { kind: 'unreachable', detail: `${name}: ${code}` };
    return { kind: 'missing', detail: `${name} has no TXT record` };
  }
  if (records.includes(value)) return { kind: 'proved' };
  return { kind: 'missing', detail: describe(name, records) };
}

/** Asks these servers (`address` or `address:port`), or the system's when there are none. */
export function txtLookup({
  servers,
  timeoutMs = 3000,
  tries = 2,
}: {
  servers: readonly string[];
  timeoutMs?: number;
  tries?: number;
}): LookUpTxt {
  return async name => {
    const resolver = new Resolver({ timeout: timeoutMs, tries });
    if (servers.length > 0) resolver.setServers(servers);
    return resolver.resolveTxt(name);
  };
}

function describe(name: string, records: readonly string[]): string {
  const ours = records.filter(record => record.startsWith(prefix));
  const shown = (ours.length > 0 ? ours : records)
    .slice(0, foundShown)
    .map(record => `"${record.slice(0, foundCharacters).replaceAll(/[^ -~]/g, '?')}"`);
  return `${name} has ${records.length === 1 ? 'another TXT record' : `${records.length} other TXT records`}: ${shown.join(', ')}`;
}
