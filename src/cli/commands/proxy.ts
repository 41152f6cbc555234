// mailbadge proxy …: every command of the program on premises.

import type { Command } from 'commander';
import { addProxyConfig } from './proxy-config.ts';
import { addProxyTrustConnect } from './proxy-trust-connect.ts';
import { addProxyTrustSetUp } from './proxy-trust-set-up.ts';
import { addProxyTrustStatus } from './proxy-trust-status.ts';

export function addProxyCommands(proxy: Command): void {
  addProxyConfig(proxy);
  const trust = proxy.command('trust').description('the certificate and the connection to a relay');
  addProxyTrustSetUp(trust);
  addProxyTrustConnect(trust);
  addProxyTrustStatus(trust);
}
