// Enrolment: the one request that no token can yet prove. The proxy hands in its certificate with the one-time code
// that the relay's operator gave, and a proof that it holds the private key, bound to this code and this relay.

import { createHash } from 'node:crypto';
import {
  type EnrolmentRequest,
  type EnrolmentResponse,
  enrolmentResponseSchema,
  normalizeEnrolmentCode,
} from '../../../contract/enrolment.ts';
import { proxyUserAgent } from '../../../contract/versions.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Random } from '../../../runtime/random.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { OrganizationKey } from '../certificates/certificate-store.ts';
import {
  malformedAnswer,
  networkFailure,
  parseJson,
  type RelayFailure,
  refusal,
} from '../relay/relay-failure.ts';
import { signPossessionProof } from './possession-proof.ts';

export type EnrolmentAnswer =
  | { kind: 'enrolled'; response: EnrolmentResponse; added: boolean }
  | { kind: 'failed'; failure: RelayFailure };

const answerBytes = 64 * 1024;

export async function enrol(
  http: HttpClient,
  {
    issuer,
    organization,
    key,
    code,
    now,
    random,
    timeoutMs,
  }: {
    issuer: string;
    organization: string;
    key: OrganizationKey;
    code: Secret;
    now: number;
    random: Random;
    timeoutMs: number;
  },
): Promise<EnrolmentAnswer> {
  const url = new URL('/v1/enrolments', issuer);
  const request: EnrolmentRequest = {
    code: code.reveal(),
    organization,
    certificate: key.certificate.der.toString('base64'),
    proof: await signPossessionProof(key, { issuer, claims: { code_hash: hash(code) }, now, random }),
  };
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': proxyUserAgent(),
  };
  const answer = await http.read(
    { method: 'POST', url, headers, body: JSON.stringify(request), timeoutMs },
    { maxBytes: answerBytes },
  );
  if (answer.kind !== 'answered') return { kind: 'failed', failure: networkFailure(answer, url) };
  if (answer.status !== 200 && answer.status !== 201)
    return { kind: 'failed', failure: refusal(answer, url) };
  const parsed = enrolmentResponseSchema.safeParse(parseJson(answer.body));
  if (!parsed.success || parsed.data.credential.keyId !== key.certificate.id) {
    return { kind: 'failed', failure: malformedAnswer(url, 'its enrolment answer is malformed') };
  }
  const { notBefore, notAfter } = key.certificate;
  const { startAt, endAt } = parsed.data.credential;
  if (startAt < notBefore || endAt > notAfter || startAt >= endAt) {
    return {
      kind: 'failed',
      failure: malformedAnswer(url, "the credential's dates are not the certificate's"),
    };
  }
  // 200: the relay had this key already, and says so instead of adding it twice.
  return { kind: 'enrolled', response: parsed.data, added: answer.status === 201 };
}

/** As in contract/enrolment.ts. */
function hash(code: Secret): string {
  return createHash('sha256').update(normalizeEnrolmentCode(code.reveal())).digest('base64url');
}
