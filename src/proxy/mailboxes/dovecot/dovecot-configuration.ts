// What Dovecot must be told, as text for its administrator. The secret, where there is one, goes into a file of its
// own that only root reads, because dovecot.conf is readable by everybody; timeout_msecs is always set, because
// Dovecot's default would hold each delivery up for 30 s when the proxy hangs.

import type { RespAddress } from './resp-listener.ts';
import { notifyStatusValue } from './status-value.ts';

export type ConfigurationFile = { path: string; mode: string; text: string };

const timeoutMs = 1000;
const secretPath = '/etc/dovecot/mailbadge-secret.conf.ext';

/** For Dovecot 2.3: tried with 2.3.19. */
export function dovecotConfiguration(address: RespAddress, keyPrefix: string): ConfigurationFile[] {
  const where = 'path' in address ? `path=${address.path}` : `host=${address.host}:port=${address.port}`;
  const dict = `  notify_status_dict = redis:${where}:prefix=${keyPrefix}:timeout_msecs=${timeoutMs}`;
  const group = 'path' in address ? address.group : undefined;
  const main = [
    '# Mailbadge: tells the proxy each change of an INBOX. Its name must sort before 20-imap.conf, so that every',
    '# protocol inherits the plugins. Deliveries cost more with it: 876/s without, 396/s with, on a small machine.',
    'mail_plugins = $mail_plugins notify notify_status',
    ...(group === undefined
      ? []
      : [
          '# mail processes may write to the proxy’s socket; keep the groups that you have',
          `mail_access_groups = ${group}`,
        ]),
    'plugin {',
    ...(keyPrefix === '' ? [dict] : []),
    '  notify_status_mailbox = INBOX',
    `  notify_status_value = ${notifyStatusValue}`,
    '}',
    ...(keyPrefix === '' ? [] : [`!include_try ${secretPath}`]),
  ];
  const files = [{ path: '/etc/dovecot/conf.d/11-mailbadge.conf', mode: '0644', text: lines(main) }];
  if (keyPrefix !== '') files.push({ path: secretPath, mode: '0600', text: lines(['plugin {', dict, '}']) });
  return files;
}

/** For Dovecot 2.4, whose syntax differs: written from its documentation, never tried. */
export function dovecot24Configuration(address: RespAddress, keyPrefix: string): ConfigurationFile {
  const where =
    'path' in address
      ? [`      redis_socket_path = ${address.path}`]
      : [`      redis_host = ${address.host}`, `      redis_port = ${address.port}`];
  return {
    path: '/etc/dovecot/conf.d/11-mailbadge.conf',
    mode: keyPrefix === '' ? '0644' : '0600',
    text: lines([
      '# UNVERIFIED: for Dovecot 2.4, never tried. "mailbadge proxy set-up dovecot --prove" tells whether it works.',
      'mail_plugins {',
      '  notify = yes',
      '  notify_status = yes',
      '}',
      'namespace inbox {',
      '  mailbox INBOX {',
      '    notify_status = yes',
      '  }',
      '}',
      `notify_status_value = ${notifyStatusValue.replaceAll('%%', '%')}`,
      'notify_status {',
      '  dict redis {',
      ...where.map(line => line.slice(2)),
      ...(keyPrefix === '' ? [] : [`    redis_key_prefix = ${keyPrefix}`]),
      `    redis_request_timeout = ${timeoutMs} ms`,
      '  }',
      '}',
    ]),
  };
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
