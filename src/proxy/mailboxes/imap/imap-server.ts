// Where the IMAP server is and how it is trusted, made once from the configuration: the trusted certificates are
// parsed a single time for all connections.

import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { AppError } from '../../../runtime/errors.ts';
import type { ImapServerConfig } from '../../config.ts';

export type ImapServer = {
  host: string;
  port: number;
  security: 'tls' | 'starttls' | 'none';
  /** Trusted besides the system's; undefined trusts the system's alone. */
  secureContext: SecureContext | undefined;
};

/** Fails with an AppError when passwords would travel in the clear, or the certificates cannot be read. */
export function imapServer({ host, port, security, ca_file, ...unsafe }: ImapServerConfig): ImapServer {
  if (security === 'none' && !isLoopback(host) && !unsafe.dangerously_allow_plaintext) {
    throw new AppError('config-invalid', `security: none would send passwords in the clear to ${host}`, {
      hint: 'use security: tls or starttls; none is for this same machine',
    });
  }
  return { host, port, security, secureContext: ca_file === undefined ? undefined : trusting(ca_file) };
}

function trusting(caFile: string): SecureContext {
  try {
    return createSecureContext({ ca: [...rootCertificates, readFileSync(caFile, 'utf8')] });
  } catch (cause) {
    throw new AppError('config-invalid', `the certificates in ${caFile} cannot be read`, {
      hint: 'ca_file names a file with certificates in PEM form, readable by the proxy’s user',
      cause,
    });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
