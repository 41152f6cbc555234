// Writes the public part of a certificate, DER, to where an administrator wants it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import type { Certificate } from './certificate.ts';

export function exportCertificate({ der }: Pick<Certificate, 'der'>, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, der);
  } catch (cause) {
    throw new AppError('usage', `the certificate cannot be exported to ${path}`, {
      hint: 'name a writable place with --export-to',
      cause,
    });
  }
}
