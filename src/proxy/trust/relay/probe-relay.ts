// POST /v1/probes: whether the relay would take a badge from us, with the same session and token that badges go with;
// and whether it is the relay that was pinned: it signs our nonce, and the signature must be of a pinned key.

import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import {
  type ProbeAnswer,
  type ProbeRequest,
  probeAnswerSchema,
  probeProofType,
  probesPath,
} from '../../../contract/probes.ts';
import { proxyUserAgent } from '../../../contract/versions.ts';
import { describeError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import { malformedAnswer, networkFailure, parseJson, type RelayFailure, refusal } from './relay-failure.ts';

const answerBytes = 256 * 1024;

export type ProbeRelay = (
  request: ProbeRequest,
  options: { baseUrl: URL; accessToken: Secret; signal: AbortSignal },
) => Promise<
  { kind: 'answered'; answer: ProbeAnswer } | { kind: 'failed'; failure: RelayFailure; tokenRefused: boolean }
>;

export function createProbeRelay({ http, timeoutMs }: { http: HttpClient; timeoutMs: number }): ProbeRelay {
  return async (request, { baseUrl, accessToken, signal }) => {
    const url = new URL(probesPath, baseUrl);
    const failed = (failure: RelayFailure, tokenRefused = false) =>
      ({ kind: 'failed', failure, tokenRefused }) as const;
    const answer = await http.read(
      {
        method: 'POST',
        url,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'user-agent': proxyUserAgent(),
          authorization: `Bearer ${accessToken.reveal()}`,
        },
        body: JSON.stringify(request),
        timeoutMs,
        signal,
      },
      { maxBytes: answerBytes },
    );
    if (answer.kind !== 'answered') return failed(networkFailure(answer, url));
    if (answer.status !== 200) return failed(refusal(answer, url), answer.status === 401);
    const parsed = probeAnswerSchema.safeParse(parseJson(answer.body));
    return parsed.success
      ? { kind: 'answered', answer: parsed.data }
      : failed(malformedAnswer(url, 'it answers a probe malformed'));
  };
}

export type ProofJudgement =
  | { kind: 'proven' }
  /** Signed by none of the keys: perhaps the relay has a new one. */
  | { kind: 'key-unknown' }
  | { kind: 'wrong'; detail: string };

/** `keys`: public JWKs. The relay's names for its keys are not pinned, so each is tried; they are ten at most. */
export async function judgeProof(
  proof: string,
  expected: { issuer: string; realm: string; probeId: string; nonce: string; now: number },
  keys: readonly Record<string, unknown>[],
): Promise<ProofJudgement> {
  const kty = keyTypeOf(proof);
  for (const jwk of keys) {
    if (jwk['kty'] !== kty) continue;
    try {
      const { payload } = await jwtVerify(proof, createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), {
        typ: probeProofType,
        algorithms: ['RS256', 'PS256', 'ES256'],
        issuer: expected.issuer,
        audience: expected.realm,
        requiredClaims: ['exp', 'jti', 'nonce'],
        clockTolerance: 60,
        currentDate: new Date(expected.now),
      });
      if (payload['nonce'] === expected.nonce && payload.jti === expected.probeId) return { kind: 'proven' };
      return { kind: 'wrong', detail: 'it signed another nonce' };
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      return { kind: 'wrong', detail: describeError(error) };
    }
  }
  return kty === undefined ? { kind: 'wrong', detail: 'it is no proof' } : { kind: 'key-unknown' };
}

/** Of the keys that can have signed it. */
function keyTypeOf(proof: string): string | undefined {
  try {
    return { RS256: 'RSA', PS256: 'RSA', ES256: 'EC' }[decodeProtectedHeader(proof).alg ?? ''];
  } catch {
    return undefined;
  }
}
