// mailbadge proxy …: every command of the program on premises.

import type { Command } from 'commander';
import { addVerbs, type Verbs, type Wanted } from '../verbs.ts';

const verbs: Verbs = {
  serve: async () => (await import('./proxy/serve.ts')).addProxyServe,
  config: async () => (await import('./proxy/config.ts')).addProxyConfig,
  enable: async () => (await import('./proxy/enable.ts')).addProxyEnable,
  disable: async () => (await import('./proxy/disable.ts')).addProxyDisable,
  status: async () => (await import('./proxy/status.ts')).addProxyStatus,
  probe: async () => (await import('./proxy/probe.ts')).addProxyProbe,
  'test-mail': async () => (await import('./proxy/test-mail.ts')).addProxyTestMail,
  'set-up': async () => (await import('./proxy/set-up-dovecot.ts')).addProxySetUpDovecot,
  'mailbox|mailboxes': async () => (await import('./proxy/mailbox.ts')).addProxyMailbox,
  'subscription|subscriptions': async () => (await import('./proxy/subscription.ts')).addProxySubscription,
  doctor: async () => (await import('./proxy/doctor.ts')).addProxyDoctor,
  why: async () => (await import('./proxy/why.ts')).addProxyWhy,
  console: async () => (await import('./proxy/console.ts')).addProxyConsole,
  trust: async () => (await import('./proxy/trust.ts')).addProxyTrust,
};

export function addProxyCommands(proxy: Command, wanted: Wanted): Promise<void> {
  return addVerbs(proxy, verbs, wanted);
}
