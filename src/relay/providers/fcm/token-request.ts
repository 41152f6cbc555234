// Asks Google for an access token: the JWT bearer grant (RFC 7523 §2.1). One call, and the judgement of its answer.
// Nothing of the assertion, the token or the answer's text is in what this reports.

import { SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../../runtime/clock.ts';
import type { Egress, EgressResult } from '../../../runtime/egress/egress.ts';
import type { ProviderAnswer } from '../provider.ts';
import { parseRetryAfter } from '../retry-after.ts';
import type { ServiceAccount } from './service-account.ts';

/** Why there is no token; already the answer to whatever was to be sent with it. */
export type TokenFailure = Extract<ProviderAnswer, { kind: 'misconfigured' | 'unavailable' }>;
export type TokenAnswer = { kind: 'token'; token: string; lifetimeMs: number } | TokenFailure;

const scope = 'https://www.googleapis.com/auth/firebase.messaging';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Google takes no assertion that is good for longer. */
const assertionSeconds = 3600;
/** No notification may be started later than 5 s after it came. */
const startWithinMs = 4000;

/** RFC 6749 §5.2, and what Google adds: the metric labels of a refusal. */
const refusals = new Set([
  'access_denied',
  'deleted_client',
  'disabled_client',
  'invalid_client',
  'invalid_grant', // also a clock that is wrong
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
]);

/** Never throws for what the network or Google does. */
export async function requestAccessToken(
  account: ServiceAccount,
  { egress, clock }: { egress: Egress; clock: Clock },
): Promise<TokenAnswer> {
  const assertion = await signAssertion(account, clock.now());
  const result = await egress.send({
    method: 'POST',
    url: account.tokenUrl,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ grant_type: grantType, assertion }).toString()),
    notAfter: clock.now() + startWithinMs,
  });
  return judgeTokenAnswer(result, clock.now());
}

/** RFC 7523 §3; Google wants the scope in it too. */
export function signAssertion({ email, keyId, key, tokenUrl }: ServiceAccount, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
    .setIssuer(email)
    .setAudience(tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + assertionSeconds)
    .sign(key);
}

const grantedSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().min(1).max(86_400),
});
const refusedSchema = z.object({ error: z.string() });

export function judgeTokenAnswer(result: EgressResult, now: number): TokenAnswer {
  switch (result.kind) {
    case 'response':
      return judgeResponse(result, now);
    case 'refused':
      return { kind: 'misconfigured', reason: 'token-host-refused' };
    case 'unreachable':
      return { kind: 'unavailable', reason: 'unreachable' };
    case 'not-started':
    case 'outcome-unknown': // of the token: no notification had left
      return { kind: 'unavailable', reason: 'token-endpoint-failed' };
  }
}

function judgeResponse(
  { status, headers, body }: Extract<EgressResult, { kind: 'response' }>,
  now: number,
): TokenAnswer {
  const said = parseJson(body);
  if (status === 200) {
    const granted = grantedSchema.safeParse(said).data;
    if (granted === undefined) return { kind: 'unavailable', reason: 'token-endpoint-failed' };
    return { kind: 'token', token: granted.access_token, lifetimeMs: granted.expires_in * 1000 };
  }
  // neither a redirect nor another success comes from Google: that is the wrong address
  if (status < 500 && status !== 408 && status !== 429) {
    const error = refusedSchema.safeParse(said).data?.error ?? '';
    return { kind: 'misconfigured', reason: `token-${refusals.has(error) ? error : 'refused'}` };
  }
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  return {
    kind: 'unavailable',
    reason: 'token-endpoint-failed',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
