// A certificate file that an administrator names: read whole, of bounded size, before anything is changed.

import { closeSync, openSync, readSync } from 'node:fs';
import { AppError } from '../../runtime/errors.ts';
import type { Secret } from '../../runtime/secrets.ts';
import {
  type ImportedCertificate,
  importBytes,
  readCertificateFile,
} from '../trust/certificates/import-certificate.ts';

export type CertificateFile = {
  path: string;
  /** Called when the file turns out to need one. */
  password: () => Promise<Secret>;
};

export async function importCertificate(
  { path, password }: CertificateFile,
  { now }: { now: number },
): Promise<ImportedCertificate> {
  return readCertificateFile(readBounded(path), { password, now });
}

/** One byte more than is taken, so that too much is noticed. */
export function readBounded(path: string): Buffer {
  const buffer = Buffer.alloc(importBytes + 1);
  try {
    const file = openSync(path, 'r');
    try {
      return buffer.subarray(0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new AppError('certificate-not-found', `the certificate file ${path} cannot be read`, {
      hint: 'it must exist and be readable by whoever runs this command',
      cause,
    });
  }
}
