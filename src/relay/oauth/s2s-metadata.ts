// The S2S metadata document of one realm: this relay as an authorization server, in the form that servers read which
// were made before RFC 8414. It says nothing that the other two documents don't say; a domain in place of the realm
// GUID is how such a server learns the realm.

import { createHash } from 'node:crypto';
import { publishAudience, s2sMetadataPath, tokenPath } from './metadata.ts';
import type { SigningCertificate } from './signing-certificates.ts';

export function s2sMetadata({
  issuer,
  realm,
  certificates,
}: {
  issuer: string;
  realm: string;
  certificates: readonly SigningCertificate[];
}) {
  const serviceName = serviceNameOf(issuer);
  return {
    id: `_${realm}`,
    version: '1.0',
    name: `Mailbadge relay ${new URL(issuer).host}`,
    realm,
    serviceName,
    issuer: `${serviceName}@${realm}`,
    /** Of assertions for the token endpoint, and of access tokens that the organization signs itself. */
    allowedAudiences: [issuer, publishAudience(issuer)],
    keys: certificates.map(({ der, x5t }) => ({
      usage: 'signing',
      keyinfo: { x5t },
      keyvalue: { type: 'x509Certificate', value: der },
    })),
    endpoints: [
      { location: issuer + tokenPath, protocol: 'OAuth2', usage: 'issuance' },
      { location: `${issuer}${s2sMetadataPath}?realm=${realm}`, protocol: 'OAuth2', usage: 'metadata' },
    ],
  };
}

/** Such servers name a service by a GUID: this relay's is made of its URL, so that it is always the same. */
function serviceNameOf(issuer: string): string {
  const urlNamespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex'); // RFC 9562 §6.6
  const hash = createHash('sha1').update(urlNamespace).update(issuer).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50; // RFC 9562 §5.5: version 5
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
