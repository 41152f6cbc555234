// The HTTP client towards the relay, as configured.

import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import { HttpClient } from '../../../runtime/http/http-client.ts';
import type { ProxyConfig } from '../../config.ts';

export function createRelayHttp(relay: ProxyConfig['relay'], clock: Clock): HttpClient {
  return new HttpClient({ clock, ca: relayCertificates(relay) });
}

/** PEM certificates to trust besides the system's. */
export function relayCertificates({ ca_file: caFile }: ProxyConfig['relay']): string | undefined {
  return caFile === undefined ? undefined : readCertificates(caFile);
}

/** What the relay's certificate must lead to; undefined: what Node trusts by itself. */
export function trustedAuthorities(relay: ProxyConfig['relay']): string[] | undefined {
  const own = relayCertificates(relay);
  return own === undefined
    ? undefined
    : [...getCACertificates('default'), ...getCACertificates('system'), own];
}

function readCertificates(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('config-invalid', `relay.ca_file: ${path} cannot be read`, {
      hint: 'it must be readable by the service user',
      cause,
    });
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new AppError('config-invalid', `relay.ca_file: ${path} holds no PEM certificate`, {
      hint: 'convert a DER file with: openssl x509 -inform der -in ca.cer -out ca.pem',
    });
  }
  return text;
}
