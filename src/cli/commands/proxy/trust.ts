// mailbadge proxy trust …: the certificate and the connection to a relay.

import type { Command } from 'commander';
import { addVerbs, type Verbs, type Wanted } from '../../verbs.ts';

const verbs: Verbs = {
  'set-up': async () => (await import('./trust/set-up.ts')).addProxyTrustSetUp,
  connect: async () => (await import('./trust/connect.ts')).addProxyTrustConnect,
  status: async () => (await import('./trust/status.ts')).addProxyTrustStatus,
  certificate: async () => (await import('./trust/certificate.ts')).addProxyTrustCertificate,
  credential: async () => (await import('./trust/credential.ts')).addProxyTrustCredential,
  'auth-server': async () => (await import('./trust/auth-server.ts')).addProxyTrustAuthServer,
};

export function addProxyTrust(proxy: Command, wanted: Wanted): Promise<void> {
  const trust = proxy.command('trust').description('the certificate and the connection to a relay');
  return addVerbs(trust, verbs, wanted);
}
