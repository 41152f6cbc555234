// POST /v1/notifications. What it reports is exact about one thing: whether the relay may have started anything.
// `not-sent` and `refused` are certain that it did not; everything between is `broken`, and waits (R4).

import type { PublishRequest } from '../../contract/publishing.ts';
import { proxyUserAgent, relayVersionHeader } from '../../contract/versions.ts';
import { describeError } from '../../runtime/errors.ts';
import {
  type AnswerHead,
  type HttpClient,
  type HttpFailure,
  retryAfterMs,
} from '../../runtime/http/http-client.ts';
import type { Secret } from '../../runtime/secrets.ts';
import { PublishAnswer } from './publish-answer.ts';
import type { PublishEnd, RelayPort } from './relay-port.ts';

/** What the client needs of the proxy's trust. */
export type RelayCredentials = {
  /** Where the relay's API is and what it can do, or why it cannot be used now. Never rejects. */
  authorize(): Promise<
    | { kind: 'authorized'; baseUrl: URL; accessToken: Secret; capabilities: readonly string[] }
    | { kind: 'failed'; failure: { code: string; message: string } }
  >;
  /** The relay refused this token. */
  invalidate(accessToken: Secret): void;
  relayClock: { now(): number | undefined; observe(relayTime: number): void };
  /** The relay's clock is behind the estimate: measure it anew. */
  measureClock(): void;
  /** An answer named the relay's version. */
  relayVersionSeen(version: string): void;
};

/** Why a batch did not go through, for whoever watches. */
export type BatchFailure = { code: string; detail: string; hint?: string };

export class RelayClient implements RelayPort {
  /** Of the latest batch that ended; undefined when that one was answered. */
  lastFailure: BatchFailure | undefined;
  readonly #http: HttpClient;
  readonly #credentials: RelayCredentials;
  readonly #timeoutMs: number;

  constructor(options: { http: HttpClient; credentials: RelayCredentials; timeoutMs: number }) {
    this.#http = options.http;
    this.#credentials = options.credentials;
    this.#timeoutMs = options.timeoutMs;
  }

  relayNow(): number | undefined {
    return this.#credentials.relayClock.now();
  }

  async publish(request: PublishRequest, options: Parameters<RelayPort['publish']>[1]): Promise<PublishEnd> {
    const end = await this.#publish(request, options);
    this.lastFailure = failureOf(end);
    return end;
  }

  async #publish(
    request: PublishRequest,
    { signal, onResult }: Parameters<RelayPort['publish']>[1],
  ): Promise<PublishEnd> {
    const authorized = await this.#credentials.authorize();
    if (authorized.kind === 'failed') {
      const { code, message } = authorized.failure;
      return { kind: 'not-sent', code, detail: message };
    }
    const { baseUrl, accessToken, capabilities } = authorized;
    const { relayClock } = this.#credentials;
    const answer = new PublishAnswer(request, {
      onResult,
      onRelayTime: relayTime => relayClock.observe(relayTime),
    });
    const url = new URL('/v1/notifications', baseUrl);
    const end = await this.#http.exchange(
      {
        method: 'POST',
        url,
        headers: requestHeaders(request, { accessToken, capabilities }),
        body: JSON.stringify(listedMembers(request, capabilities)),
        timeoutMs: this.#timeoutMs,
        signal,
      },
      head => answer.receive(head),
    );
    if (end.kind !== 'answered') return exchangeFailed(end);
    const relayVersion = end.headers[relayVersionHeader];
    if (typeof relayVersion === 'string') this.#credentials.relayVersionSeen(relayVersion);
    if (end.status !== 200) return this.#judgeRefusal(end, answer, accessToken);
    try {
      answer.finish();
      return { kind: 'answered' };
    } catch (error) {
      return { kind: 'broken', detail: describeError(error) };
    }
  }

  #judgeRefusal({ status, headers }: AnswerHead, answer: PublishAnswer, accessToken: Secret): PublishEnd {
    const problem = answer.problem();
    if (status === 401) this.#credentials.invalidate(accessToken);
    if (problem?.code === 'not-after-too-far') this.#credentials.measureClock();
    if (problem?.relayTime !== undefined) this.#credentials.relayClock.observe(problem.relayTime);
    const after = retryAfterMs({ headers });
    const detail = problem?.detail ?? `HTTP ${status}`;
    // A 5xx says nothing about what was started, but for a 503 that says so itself: RFC 9110 §15.6.4.
    const certain =
      status >= 300 && (status < 500 || (status === 503 && (problem !== undefined || after !== undefined)));
    if (!certain || status === 408) return { kind: 'broken', detail };
    return {
      kind: 'refused',
      code: problem?.code ?? codes[status] ?? 'relay-answer-invalid',
      detail,
      ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
      ...(after === undefined ? {} : { retryAfterMs: after }),
    };
  }
}

/** A relay refuses members that it does not know, so it gets only those that it lists. */
function listedMembers(request: PublishRequest, capabilities: readonly string[]): PublishRequest {
  const revs = capabilities.includes('fcm');
  const previews = capabilities.includes('previews');
  if (revs && previews) return request;
  const notifications = request.notifications.map(({ rev, preview, ...known }) => ({
    ...known,
    ...(revs && rev !== undefined && { rev }),
    ...(previews && preview !== undefined && { preview }),
  }));
  return { ...request, notifications };
}

function failureOf(end: PublishEnd): BatchFailure | undefined {
  switch (end.kind) {
    case 'answered':
      return undefined;
    case 'broken':
      return { code: 'relay-unreachable', detail: `the relay did not answer a batch: ${end.detail}` };
    case 'refused':
    case 'not-sent':
      return { code: end.code, detail: end.detail, ...('hint' in end ? { hint: end.hint } : {}) };
  }
}

function exchangeFailed({ kind, reason, detail }: HttpFailure): PublishEnd {
  if (kind === 'broken') return { kind, detail };
  return { kind, code: reason === 'tls-untrusted' ? reason : 'relay-unreachable', detail };
}

/** For answers without a problem document, from what stands between proxy and relay. */
const codes: Record<number, string> = {
  401: 'token-invalid',
  413: 'body-too-large',
  426: 'proxy-too-old',
  429: 'too-many-requests',
  503: 'overloaded',
};

function requestHeaders(
  request: PublishRequest,
  { accessToken, capabilities }: { accessToken: Secret; capabilities: readonly string[] },
): Record<string, string> {
  const traceId = request.notifications[0]?.traceId;
  return {
    accept: capabilities.includes('publish-ndjson') ? 'application/x-ndjson' : 'application/json',
    'content-type': 'application/json',
    'user-agent': proxyUserAgent(),
    authorization: `Bearer ${accessToken.reveal()}`,
    // W3C Trace Context §3.2; a batch has the trace of its first notification, each item names its own.
    ...(traceId === undefined ? {} : { traceparent: `00-${traceId}-${traceId.slice(16)}-01` }),
  };
}
