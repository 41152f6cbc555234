// The proof that whoever registers a certificate holds its private key: a JWS of our own kind, for this relay, young,
// and used once. What else it must be bound to (a code, a realm and a credential) its caller says by a schema.

import { compactVerify, importJWK } from 'jose';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { proofType } from '../../contract/enrolment.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { Certificate } from './certificate.ts';
import { useOnce } from './used-identifiers.ts';

const longestProofLifeSeconds = 600;
const clockToleranceSeconds = 30;
const proofAlgorithms = ['RS256', 'PS256', 'ES256'];

export const proofClaimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(16).max(256),
});
type ProofClaims = z.infer<typeof proofClaimsSchema>;

/** Everything but whether it was used before. */
export async function verifyProof<Claims extends ProofClaims>(
  proof: string,
  {
    certificate,
    issuer,
    now,
    claims: schema,
  }: { certificate: Certificate; issuer: string; now: number; claims: z.ZodType<Claims> },
): Promise<Claims> {
  const claims = await readProof(proof, certificate, schema);
  judgeProof(claims, { certificate, issuer, now });
  return claims;
}

/** Run it in the transaction of what the proof is for: a refusal leaves the proof as unused as the rest. */
export async function useProof(
  db: Kysely<RelaySchema>,
  certificate: Certificate,
  { jti, exp }: ProofClaims,
): Promise<void> {
  const first = await useOnce(db, {
    purpose: 'proof',
    id: `${certificate.thumbprint} ${jti}`,
    expiresAt: (exp + clockToleranceSeconds) * 1000,
  });
  if (!first) throw new AppError('proof-replayed', 'the proof of possession was used before', again);
}

export function proofForAnother(what: string): AppError {
  return new AppError('proof-invalid', `the proof was made for another ${what}`, again);
}

const again = { hint: 'run "mailbadge proxy trust connect" again: it makes a new proof each time' };

async function readProof<Claims>(
  proof: string,
  certificate: Certificate,
  schema: z.ZodType<Claims>,
): Promise<Claims> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      proof,
      async ({ alg }) => importJWK(certificate.publicJwk, alg),
      { algorithms: proofAlgorithms },
    );
    if (protectedHeader.typ !== proofType) throw new Error('typ is not that of a proof');
    return schema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
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
  { iss, sub, aud, iat, exp }: ProofClaims,
  { certificate, issuer, now }: { certificate: Certificate; issuer: string; now: number },
): void {
  const seconds = now / 1000;
  if (iss !== certificate.thumbprint || sub !== iss) throw proofForAnother('certificate');
  if (aud !== issuer) {
    throw new AppError('proof-invalid', 'the proof is for another relay', {
      hint: `its audience must be ${issuer}: check the relay's URL`,
    });
  }
  if (iat > seconds + clockToleranceSeconds || exp <= seconds - clockToleranceSeconds) {
    const off = Math.round(iat > seconds + clockToleranceSeconds ? iat - seconds : seconds - exp);
    throw new AppError('clock-skewed', `the proof is ${off} s off by the relay's clock`, {
      hint: 'set the clock of the machine that signs by NTP; all times are UTC, in seconds',
    });
  }
  if (exp > seconds + longestProofLifeSeconds + clockToleranceSeconds) {
    throw new AppError('proof-invalid', 'the proof is valid for too long', {
      hint: `exp may lie at most ${longestProofLifeSeconds} s ahead`,
    });
  }
}
