// mailbadge proxy …: every command of the program on premises.

import type { Command } from 'commander';
import { addProxyConfig } from './proxy-config.ts';
import { addProxyConsole } from './proxy-console.ts';
import { addProxyDisable } from './proxy-disable.ts';
import { addProxyDoctor } from './proxy-doctor.ts';
import { addProxyEnable } from './proxy-enable.ts';
import { addProxyMailbox } from './proxy-mailbox.ts';
import { addProxyProbe } from './proxy-probe.ts';
import { addProxyServe } from './proxy-serve.ts';
import { addProxySetUpDovecot } from './proxy-set-up-dovecot.ts';
import { addProxyStatus } from './proxy-status.ts';
import { addProxySubscription } from './proxy-subscription.ts';
import { addProxyTestMail } from './proxy-test-mail.ts';
import { addProxyTrustAuthServer } from './proxy-trust-auth-server.ts';
import { addProxyTrustCertificate } from './proxy-trust-certificate.ts';
import { addProxyTrustConnect } from './proxy-trust-connect.ts';
import { addProxyTrustCredential } from './proxy-trust-credential.ts';
import { addProxyTrustSetUp } from './proxy-trust-set-up.ts';
import { addProxyTrustStatus } from './proxy-trust-status.ts';
import { addProxyWhy } from './proxy-why.ts';

export function addProxyCommands(proxy: Command): void {
  addProxyServe(proxy);
  addProxyConfig(proxy);
  addProxyEnable(proxy);
  addProxyDisable(proxy);
  addProxyStatus(proxy);
  addProxyProbe(proxy);
  addProxyTestMail(proxy);
  addProxySetUpDovecot(proxy);
  addProxyMailbox(proxy);
  addProxySubscription(proxy);
  addProxyDoctor(proxy);
  addProxyWhy(proxy);
  addProxyConsole(proxy);
  const trust = proxy.command('trust').description('the certificate and the connection to a relay');
  addProxyTrustSetUp(trust);
  addProxyTrustConnect(trust);
  addProxyTrustStatus(trust);
  addProxyTrustCertificate(trust);
  addProxyTrustCredential(trust);
  addProxyTrustAuthServer(trust);
}
