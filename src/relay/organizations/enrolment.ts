// Enrolment: a one-time code, a certificate and the proof that its private key is held make a key credential.
// All three are judged before anything is stored; then code, proof and credential are stored together or not at all.

import { compactVerify, importJWK } from 'jose';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { type EnrolmentRequest, proofType } from '../../contract/enrolment.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RelaySchema } from '../database/schema.ts';
import { assertCurrent, type Certificate, parseCertificate } from './certificate.ts';
import { hashEnrolmentCode, redeemEnrolmentCode } from './enrolment-codes.ts';
import { type KeyCredential, registerKeyCredential } from './key-credentials.ts';
import { type Organization, organizationById, organizationInactive } from './organizations.ts';
import { useOnce } from './used-identifiers.ts';

const longestProofLifeSeconds = 600;
const clockToleranceSeconds = 30;
const proofAlgorithms = ['RS256', 'PS256', 'ES256'];

const proofClaimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(16).max(256),
  code_hash: z.string(),
});
type ProofClaims = z.infer<typeof proofClaimsSchema>;

export async function enrol(
  db: Kysely<RelaySchema>,
  { code, certificate: base64, proof }: EnrolmentRequest,
  { issuer, now }: { issuer: string; now: number },
): Promise<{ organization: Organization; credential: KeyCredential; added: boolean }> {
  const certificate = parseCertificate(base64);
  assertCurrent(certificate, now);
  const claims = await verifyProof(proof, certificate);
  judgeProof(claims, { certificate, issuer, code, now });
  return db.transaction().execute(async transaction => {
    const first = await useOnce(transaction, {
      purpose: 'proof',
      id: `${certificate.thumbprint} ${claims.jti}`,
      expiresAt: (claims.exp + clockToleranceSeconds) * 1000,
    });
    if (!first) throw new AppError('proof-replayed', 'the proof of possession was used before', again);
    const { organizationId } = await redeemEnrolmentCode(transaction, code, now);
    const organization = await organizationById(transaction, organizationId);
    if (organization === undefined || !organization.active) {
      throw organizationInactive(organization?.domain ?? 'of this code');
    }
    const { applicationId } = organization;
    const registered = await registerKeyCredential(transaction, { applicationId, certificate, now });
    return { organization, ...registered };
  });
}

const again = { hint: 'run "mailbadge proxy trust connect" again: it makes a new proof each time' };

async function verifyProof(proof: string, certificate: Certificate): Promise<ProofClaims> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      proof,
      async ({ alg }) => importJWK(certificate.publicJwk, alg),
      { algorithms: proofAlgorithms },
    );
    if (protectedHeader.typ !== proofType) throw new Error('typ is not that of a proof');
    return proofClaimsSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (cause) {
    throw new AppError(
      'proof-invalid',
      "the proof is not signed by the certificate's key, or lacks a claim",
      {
        hint: 'the private key must be the one of this certificate',
        cause,
      },
    );
  }
}

function judgeProof(
  { iss, sub, aud, iat, exp, code_hash: codeHash }: ProofClaims,
  { certificate, issuer, code, now }: { certificate: Certificate; issuer: string; code: string; now: number },
): void {
  const seconds = now / 1000;
  if (iss !== certificate.thumbprint || sub !== iss) {
    throw new AppError('proof-invalid', 'the proof names another certificate', again);
  }
  if (aud !== issuer) {
    throw new AppError('proof-invalid', 'the proof is for another relay', {
      hint: `its audience must be ${issuer}: check the relay's URL`,
    });
  }
  if (iat > seconds + clockToleranceSeconds || exp <= seconds - clockToleranceSeconds) {
    const off = Math.round(iat > seconds + clockToleranceSeconds ? iat - seconds : seconds - exp);
    throw new AppError('clock-skewed', `the proof is ${off} s off by the relay's clock`, {
      hint: 'set the clock of the machine that signs by NTP; all times are UTC',
    });
  }
  if (exp > seconds + longestProofLifeSeconds + clockToleranceSeconds) {
    throw new AppError('proof-invalid', 'the proof is valid for too long', {
      hint: `exp may lie at most ${longestProofLifeSeconds} s ahead`,
    });
  }
  if (codeHash !== hashEnrolmentCode(code)) {
    throw new AppError('proof-invalid', 'the proof was made for another enrolment code', again);
  }
}
