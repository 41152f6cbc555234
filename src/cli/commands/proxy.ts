// mailbadge proxy …: every command of the program on premises.

import type { Command } from 'commander';
import { addProxyConfig } from './proxy-config.ts';
import { addProxyMailbox } from './proxy-mailbox.ts';
import { addProxyServe } from './proxy-serve.ts';
import { addProxySetUpDovecot } from './proxy-set-up-dovecot.ts';
import { addProxySubscription } from './proxy-subscription.ts';
import { addProxyTrustConnect } from './proxy-trust-connect.ts';
import { addProxyTrustSetUp } from './proxy-trust-set-up.ts';
import { addProxyTrustStatus } from './proxy-trust-status.ts';

export function addProxyCommands(proxy: Command): void {
  addProxyServe(proxy);
  addProxyConfig(proxy);
  addProxySetUpDovecot(proxy);
  addProxyMailbox(proxy);
  addProxySubscription(proxy);
  const trust = proxy.command('trust').description('the certificate and the connection to a relay');
  addProxyTrustSetUp(trust);
  addProxyTrustConnect(trust);
  addProxyTrustStatus(trust);
}
