// What an access token must be, judged in a fixed order: readable · of a kind taken here · for this audience · from a
// known issuer · signed by the key that its kid names · within its lifetime · made for the holder of that key · in the
// holder's realm · of an active organization · by a credential that counts now. The first four need only the token and
// stand before any key is touched; the last five depend on time and on the database and are judged again for every
// request. Two profiles: RFC 9068 tokens that this relay issued, and those that an organization signed itself
// (direct trust). Both are bearer tokens: within its lifetime one may be sent any number of times.

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import type { ErrorCode } from '../../contract/error-codes.ts';
import type { Standing } from '../organizations/credential-index.ts';
import { isUsable } from '../organizations/key-credentials.ts';

const issuedAlgorithm = 'RS256';
const selfSignedAlgorithms = ['RS256', 'PS256', 'ES256'] as const;
const longestSelfSignedSeconds = 600;
/** For clocks that are not the relay's own. */
const clockToleranceSeconds = 30;

export type TokenRefusal = { code: ErrorCode; message: string; hint: string };

/** What a token says; nothing of it counts before the signature does. */
export type ReadToken = {
  profile: 'issued' | 'self-signed';
  kid: string;
  alg: string;
  claims: TokenClaims;
};

const headerSchema = z.object({
  typ: z.string().optional(),
  alg: z.string(),
  kid: z.string().max(128).optional(),
  'x5t#S256': z.string().optional(),
});

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.unknown(),
  sub: z.string(),
  client_id: z.string(),
  iat: z.number(),
  nbf: z.number().optional(),
  exp: z.number(),
  jti: z.string().min(1).max(256),
  realm: z.string(),
  /** In those that the relay issued; what signs a self-signed one is its kid. */
  credential: z.string().optional(),
});
type TokenClaims = z.infer<typeof claimsSchema>;

type Read = { kind: 'read'; token: ReadToken } | { kind: 'refused'; refusal: TokenRefusal };

/** Judges what needs neither key nor database. */
export function readAccessToken(
  jwt: string,
  { issuer, audience }: { issuer: string; audience: string },
): Read {
  const decoded = decode(jwt);
  if (decoded === undefined) {
    return refused('token-unreadable', 'the access token is not a JWT', remedies.getOne);
  }
  const header = headerSchema.safeParse(decoded.header);
  const { typ, alg, kid } = header.data ?? {};
  // RFC 9068 §4: no other kind of JWT may stand in for an access token
  if (!/^(application\/)?at\+jwt$/i.test(typ ?? '')) {
    return refused('token-kind-not-allowed', 'the JWT is not an access token (typ at+jwt)', remedies.getOne);
  }
  if (alg === undefined || !selfSignedAlgorithms.some(allowed => allowed === alg)) {
    return refused(
      'token-kind-not-allowed',
      `the access token is not signed with ${selfSignedAlgorithms.join(', ')}`,
      remedies.getOne,
    );
  }
  const { aud } = decoded.claims;
  if (aud !== audience) {
    return refused(
      'token-audience-wrong',
      'the access token is not for this relay’s publish API',
      `its aud must be this single string: ${audience}`,
    );
  }
  const profile = decoded.claims['iss'] === issuer ? 'issued' : 'self-signed';
  if (profile === 'self-signed' && !z.guid().safeParse(decoded.claims['iss']).success) {
    return refused(
      'token-issuer-unknown',
      'the access token was issued neither by this relay nor by an application of it',
      `get one from ${issuer}, or sign one with the application id as iss`,
    );
  }
  if (profile === 'issued' && alg !== issuedAlgorithm) {
    return refused('token-kind-not-allowed', `this relay signs with ${issuedAlgorithm}`, remedies.getOne);
  }
  const claims = claimsSchema.safeParse(decoded.claims);
  if (!claims.success) {
    const claim = claims.error.issues[0]?.path.join('.') ?? '';
    return refused(
      'token-invalid',
      `the claim ${claim} of the access token is missing or malformed`,
      remedies.getOne,
    );
  }
  const sameThumbprint = header.data?.['x5t#S256'] === undefined || header.data['x5t#S256'] === kid;
  if (kid === undefined || (profile === 'self-signed' && !sameThumbprint)) {
    return refused(
      'token-signature-invalid',
      'the header of the access token does not name one key',
      'kid must be the key id; x5t#S256, if it is there, the same SHA-256 thumbprint',
    );
  }
  return { kind: 'read', token: { profile, kid, alg, claims: claims.data } };
}

/** Of a token whose signature matched: what is left of it to judge again for every request. */
export type VerifiedToken = {
  profile: ReadToken['profile'];
  /** The `kid` of the key credential behind it. */
  credentialId: string;
  claims: TokenClaims;
};

/** Judges what may change from one request to the next. Undefined when nothing is wrong. */
export function judgeVerifiedToken(
  { profile, claims, credentialId }: VerifiedToken,
  standing: Standing | undefined,
  now: number,
): TokenRefusal | undefined {
  const mistimed = judgeLifetime(profile, claims, now / 1000);
  if (mistimed !== undefined) return mistimed;
  const { iss, sub, client_id: clientId, realm } = claims;
  if (sub !== clientId || (profile === 'self-signed' && iss !== sub)) {
    return {
      code: 'token-subject-wrong',
      message: 'sub, client_id and, where the organization signs itself, iss are not the same application',
      hint: 'all of them must be the application id that the enrolment answered',
    };
  }
  if (standing === undefined || standing.applicationId !== clientId) return credentialUnknown(credentialId);
  if (realm.toLowerCase() !== standing.realm) {
    return {
      code: 'token-realm-mismatch',
      message: 'the access token names a realm that is not its organization’s',
      hint: `the realm of ${standing.domain} is ${standing.realm}`,
    };
  }
  if (!standing.organizationActive) {
    return {
      code: 'organization-inactive',
      message: `the organization ${standing.domain} is deactivated at this relay`,
      hint: 'ask the relay’s operator',
    };
  }
  if (profile === 'self-signed' && !standing.directTrust) {
    return {
      code: 'direct-trust-not-allowed',
      message: `this relay takes no tokens that ${standing.domain} signs itself`,
      hint: 'get tokens from the token endpoint, or switch direct trust on for the organization at the relay',
    };
  }
  if (!isUsable(standing, now)) {
    return {
      code: 'credential-revoked',
      message: 'the key credential behind the access token was revoked or has expired',
      hint: 'make and register a new certificate: mailbadge proxy trust set-up --new-certificate, then mailbadge proxy trust connect',
    };
  }
  return undefined;
}

/** Of one that its holder signed: nobody registered this key for this application. */
export function credentialUnknown(credentialId: string): TokenRefusal {
  return {
    code: 'credential-not-registered',
    message: `the key ${credentialId.slice(0, 43)} behind the access token is not registered for its application`,
    hint: 'register the certificate: mailbadge proxy trust connect',
  };
}

export const signatureInvalid: TokenRefusal = {
  code: 'token-signature-invalid',
  message: 'the signature of the access token does not match the key that its kid names',
  hint: 'get a new one from the token endpoint that the relay’s metadata names',
};

function judgeLifetime(
  profile: ReadToken['profile'],
  { iat, nbf, exp }: TokenClaims,
  now: number,
): TokenRefusal | undefined {
  const tolerance = profile === 'issued' ? 0 : clockToleranceSeconds; // the relay's own clock made the former
  const ahead = Math.max(iat, nbf ?? 0) - now;
  if (ahead > clockToleranceSeconds) {
    return {
      code: 'token-not-yet-valid',
      message: `the access token was made ${Math.round(ahead)} s in the future of the relay's clock`,
      hint: 'set the clock of the machine that signed it by NTP; iat, nbf and exp are in seconds, UTC',
    };
  }
  const longest = longestSelfSignedSeconds;
  if (profile === 'self-signed' && (exp - iat > longest || exp - now > longest + clockToleranceSeconds)) {
    return {
      code: 'token-lifetime-too-long',
      message: `the access token is valid for ${Math.round(exp - iat)} s`,
      hint: `exp may lie at most ${longest} s after iat; both are in seconds, UTC`,
    };
  }
  if (exp + tolerance <= now) {
    return {
      code: 'token-expired',
      message: `the access token expired ${Math.round(now - exp)} s ago by the relay's clock`,
      hint: 'get a new one from the token endpoint; if it is new, compare the clocks',
    };
  }
  return undefined;
}

const remedies = { getOne: 'get one from the token endpoint that the relay’s metadata names' };

function refused(code: ErrorCode, message: string, hint: string): Read {
  return { kind: 'refused', refusal: { code, message, hint } };
}

function decode(jwt: string): { header: unknown; claims: Record<string, unknown> } | undefined {
  try {
    return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) };
  } catch {
    return undefined;
  }
}
