// The certificate file that `trust connect --certificate-file` names.

import { AppError } from '../../runtime/errors.ts';
import type { Certificate } from '../trust/certificates/certificate.ts';
import { readPublicCertificate } from '../trust/enrolment/public-certificate.ts';
import { readBounded } from './certificate-file.ts';

/** Throws "Cannot find certificate." when there is none, else what is wrong with it. */
export function readNamedCertificate(path: string): Certificate {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (cause) {
    throw new AppError('certificate-not-found', 'Cannot find certificate.', {
      hint: `${path} is not there, or cannot be read; "mailbadge proxy trust set-up" exports it`,
      cause,
    });
  }
  return readPublicCertificate(bytes);
}
