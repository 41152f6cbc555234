// What a client assertion (RFC 7523 §3) must be, beyond what the authorization server library checks: it takes
// assertions without `kid` and audience lists, and cannot know our credentials' dates. The same judgement runs twice:
// as a guard once the signature has been verified, and to tell a refused client what is wrong and what to do.

import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ErrorCode } from '../../contract/error-codes.ts';
import type { FindStanding, Standing } from '../organizations/credential-index.ts';

export const assertionAlgorithms = ['RS256', 'PS256', 'ES256'] as const;
export const clockToleranceSeconds = 30;
const longestLifeSeconds = 600;
const longestJti = 256;

export type AssertionRefusal = { code: ErrorCode; description: string; hint: string };

export type AssertionJudgement =
  | {
      kind: 'sound';
      standing: Standing;
      credentialId: string;
      clientId: string;
      jti: string;
      /** Until then a second use must be recognized. */
      expiresAt: number;
    }
  | { kind: 'refused'; refusal: AssertionRefusal };

/** Judges everything but the signature and whether the `jti` was used before. */
export async function judgeAssertion(
  assertion: string,
  { issuer, now, findStanding }: { issuer: string; now: number; findStanding: FindStanding },
): Promise<AssertionJudgement> {
  const read = decode(assertion);
  if (read === undefined) return refuse('proof-invalid', 'the client assertion is not a JWT', remedies.sign);
  const { header, claims } = read;
  if (!assertionAlgorithms.some(alg => alg === header.alg)) {
    return refuse(
      'proof-invalid',
      `the client assertion is not signed with ${assertionAlgorithms.join(', ')}`,
      remedies.sign,
    );
  }
  if (typeof header.kid !== 'string') {
    return refuse('proof-invalid', 'the client assertion has no kid in its header', remedies.kid);
  }
  const thumbprint = header['x5t#S256'];
  if (thumbprint !== undefined && thumbprint !== header.kid) {
    return refuse('proof-invalid', 'x5t#S256 and kid of the client assertion differ', remedies.kid);
  }
  const { aud, jti, iss, sub, exp } = claims;
  const misdirected = judgeAudience(aud, issuer);
  if (misdirected !== undefined) return misdirected;
  const mistimed = judgeTimes(claims, now / 1000);
  if (mistimed !== undefined) return mistimed;
  // RFC 7523 §3 (1, 2, 7)
  if (typeof iss !== 'string' || iss !== sub) {
    return refuse(
      'proof-invalid',
      'iss and sub of the client assertion must both be the client id',
      remedies.sign,
    );
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > longestJti) {
    return refuse(
      'proof-invalid',
      `the client assertion needs a jti of 1 to ${longestJti} characters`,
      remedies.sign,
    );
  }
  const standing = await findStanding(header.kid);
  if (standing === undefined || standing.applicationId !== iss) {
    return refuse(
      'credential-not-registered',
      'the key that signed the client assertion is not registered for this client',
      remedies.enrol,
    );
  }
  const badStanding = judgeStanding(standing, now);
  if (badStanding !== undefined) return badStanding;
  return {
    kind: 'sound',
    standing,
    credentialId: header.kid,
    clientId: iss,
    jti,
    expiresAt: (Number(exp) + clockToleranceSeconds) * 1000,
  };
}

/** When nothing else is wrong with a refused assertion. */
export const badSignature: AssertionRefusal = {
  code: 'proof-invalid',
  description: 'the signature of the client assertion does not match the registered certificate',
  hint: 'sign with the private key of the certificate whose thumbprint is the kid; alg must suit the key',
};

export const replayed: AssertionRefusal = {
  code: 'proof-replayed',
  description: 'the client assertion was used before',
  hint: 'sign a new one with its own jti for every request; if nobody sent it twice, it was copied on its way',
};

const remedies = {
  sign: 'send client_assertion as RFC 7523 private_key_jwt, signed with the registered key',
  kid: 'kid must be the SHA-256 thumbprint of the certificate, base64url',
  clock: 'set the clock of the machine by NTP; all times are UTC',
  enrol: 'register the certificate: mailbadge proxy trust connect',
  renew:
    'make and register a new certificate: mailbadge proxy trust set-up --new-certificate, then mailbadge proxy trust connect',
};

function judgeAudience(aud: unknown, issuer: string): AssertionJudgement | undefined {
  // A list would let the holder of another audience's server use the assertion here.
  if (aud === issuer) return undefined;
  return refuse(
    'proof-invalid',
    'the audience of the client assertion is not this relay',
    `aud must be the issuer as a single string: ${issuer}`,
  );
}

function judgeTimes(claims: Claims, now: number): AssertionJudgement | undefined {
  const { exp, iat, nbf } = claims;
  if (typeof exp !== 'number' || !isOptionalNumber(iat) || !isOptionalNumber(nbf)) {
    return refuse(
      'proof-invalid',
      'the client assertion needs a numeric exp, and iat and nbf only as numbers',
      remedies.sign,
    );
  }
  const ahead = Math.max(iat ?? 0, nbf ?? 0) - now;
  if (ahead > clockToleranceSeconds) {
    return refuse(
      'clock-skewed',
      `the client assertion was made ${Math.round(ahead)} s in the future of the relay's clock`,
      remedies.clock,
    );
  }
  if (exp <= now - clockToleranceSeconds) {
    return refuse(
      'clock-skewed',
      `the client assertion expired ${Math.round(now - exp)} s ago by the relay's clock`,
      remedies.clock,
    );
  }
  if (exp > now + longestLifeSeconds + clockToleranceSeconds) {
    return refuse(
      'proof-invalid',
      'the client assertion is valid for too long',
      `exp may lie at most ${longestLifeSeconds} s ahead`,
    );
  }
  return undefined;
}

function judgeStanding(standing: Standing, now: number): AssertionJudgement | undefined {
  if (!standing.organizationActive) {
    return refuse(
      'organization-inactive',
      'the organization is deactivated at this relay',
      "ask the relay's operator",
    );
  }
  if (standing.revokedAt !== null) {
    return refuse('credential-revoked', 'the key credential was revoked', remedies.renew);
  }
  if (now >= standing.endAt) {
    return refuse('certificate-expired', 'the key credential has expired', remedies.renew);
  }
  if (now < standing.startAt) {
    return refuse('certificate-not-yet-valid', 'the key credential is not valid yet', remedies.clock);
  }
  return undefined;
}

type Header = { alg?: unknown; kid?: unknown; 'x5t#S256'?: unknown };
type Claims = Record<string, unknown>;

function decode(assertion: string): { header: Header; claims: Claims } | undefined {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) };
  } catch {
    return undefined;
  }
}

function isOptionalNumber(value: unknown): value is number | undefined {
  return value === undefined || typeof value === 'number';
}

function refuse(code: ErrorCode, description: string, hint: string): AssertionJudgement {
  return { kind: 'refused', refusal: { code, description, hint } };
}
