// Enrolment: a one-time code, a certificate and the proof that its private key is held make a key credential.
// All three are judged before anything is stored; then code, proof and credential are stored together or not at all.

import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { EnrolmentRequest } from '../../contract/enrolment.ts';
import { AppError } from '../../runtime/errors.ts';
import { recordAudit } from '../administrators/audit-log.ts';
import type { RelaySchema } from '../database/schema.ts';
import { assertCurrent, parseCertificate } from './certificate.ts';
import { hashEnrolmentCode, redeemEnrolmentCode } from './enrolment-codes.ts';
import { type KeyCredential, registerKeyCredential } from './key-credentials.ts';
import { type Organization, organizationById, organizationInactive } from './organizations.ts';
import { proofClaimsSchema, proofForAnother, useProof, verifyProof } from './proof-of-possession.ts';

const claimsSchema = proofClaimsSchema.extend({ code_hash: z.string() });

export async function enrol(
  db: Kysely<RelaySchema>,
  { code, organization: expected, certificate: base64, proof }: EnrolmentRequest,
  { issuer, now, address }: { issuer: string; now: number; address: string },
): Promise<{ organization: Organization; credential: KeyCredential; added: boolean }> {
  const certificate = parseCertificate(base64);
  assertCurrent(certificate, now);
  const claims = await verifyProof(proof, { certificate, issuer, now, claims: claimsSchema });
  if (claims.code_hash !== hashEnrolmentCode(code)) throw proofForAnother('enrolment code');
  const keyId = certificate.thumbprint;
  return db.transaction().execute(async transaction => {
    await useProof(transaction, certificate, claims);
    const { organizationId, approval } = await redeemEnrolmentCode(transaction, code, now);
    if (approval !== undefined && approval.keyId !== keyId) {
      throw new AppError('certificate-not-approved', 'the code is for the certificate that was approved', {
        hint: `approved was ${approval.keyId}; connect again with the certificate that shall count`,
      });
    }
    const organization = await organizationById(transaction, organizationId);
    if (organization === undefined || !organization.active) {
      throw organizationInactive(organization?.domain ?? 'of this code');
    }
    if (expected !== undefined && expected !== organization.domain) {
      // Thrown in the transaction: the code stays good for whom it was made.
      throw new AppError(
        'enrolment-code-invalid',
        `the enrolment code is for ${organization.domain}, but this proxy was set up for ${expected}`,
        { hint: 'ask the relay’s operator for a code of this organization' },
      );
    }
    const registered = await registerKeyCredential(transaction, {
      applicationId: organization.applicationId,
      certificate,
      registeredBy: approval === undefined ? 'enrolment-code' : 'device-flow',
      now,
    });
    if (registered.added) {
      await recordAudit(transaction, {
        at: now,
        actorKind: 'proxy',
        actor: keyId,
        address,
        organizationId,
        action: 'credential.register',
        subject: keyId,
        detail: {
          by: registered.credential.registeredBy,
          ...(approval === undefined ? {} : { approvedBy: approval.approvedBy }),
        },
      });
    }
    return { organization, ...registered };
  });
}
