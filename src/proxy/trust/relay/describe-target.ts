// POST /v1/targets/describe: what the relay says about a sealed target that a device handed in. The proxy cannot
// open it and must not believe the device's word.

import { describeTargetResponseSchema, type TargetDescription } from '../../../contract/registration.ts';
import { proxyUserAgent } from '../../../contract/versions.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';
import { malformedAnswer, networkFailure, parseJson, type RelayFailure, refusal } from './relay-failure.ts';
import type { RelayTrust } from './relay-trust.ts';

type TargetAnswer =
  | { kind: 'described'; target: TargetDescription }
  /** Damaged, sealed for another organization or app, revoked, or denied: the device must register again. */
  | { kind: 'refused'; failure: RelayFailure }
  /** The relay could not be asked; the device may try again. */
  | { kind: 'failed'; failure: RelayFailure };

export type DescribeTarget = (
  request: { appId: string; sealedTarget: string },
  options?: { signal?: AbortSignal; traceId?: string },
) => Promise<TargetAnswer>;

const answerBytes = 64 * 1024;
const refusedCodes = new Set<string>([
  'target-not-openable',
  'target-denied',
  'app-unknown',
  'invalid-request',
]);

export function createDescribeTarget({
  trust,
  tokens,
  http,
  timeoutMs,
}: {
  trust: RelayTrust;
  tokens: AccessTokens;
  http: HttpClient;
  timeoutMs: number;
}): DescribeTarget {
  return async (request, { signal, traceId } = {}) => {
    const state = trust.state;
    if (state.kind === 'failed') return state;
    const token = await tokens.get();
    if (token.kind === 'failed') return token;
    const url = new URL('/v1/targets/describe', state.connection.baseUrl);
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': proxyUserAgent(),
      authorization: `Bearer ${token.accessToken.reveal()}`,
      ...(traceId === undefined ? {} : { traceparent: `00-${traceId}-${traceId.slice(16)}-01` }),
    };
    const answer = await http.read(
      { method: 'POST', url, headers, body: JSON.stringify(request), timeoutMs, signal },
      { maxBytes: answerBytes },
    );
    if (answer.kind !== 'answered') return { kind: 'failed', failure: networkFailure(answer, url) };
    if (answer.status === 401) tokens.invalidate(token.accessToken);
    if (answer.status !== 200) {
      const failure = refusal(answer, url);
      return { kind: refusedCodes.has(failure.code) ? 'refused' : 'failed', failure };
    }
    const parsed = describeTargetResponseSchema.safeParse(parseJson(answer.body));
    return parsed.success
      ? { kind: 'described', target: parsed.data }
      : { kind: 'failed', failure: malformedAnswer(url, 'it describes a target malformed') };
  };
}
