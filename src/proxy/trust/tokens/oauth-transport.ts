// openid-client speaks OAuth, our HTTP client carries it: bounded in size and time, no redirects, and what goes wrong
// below OAuth stays a value with its cause.

import { allowInsecureRequests, type Configuration, customFetch } from 'openid-client';
import { proxyUserAgent } from '../../../contract/versions.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import { networkFailure, type RelayFailure, refusal } from '../relay/relay-failure.ts';

const answerBytes = 64 * 1024;

export class OauthTransport {
  /** Of the latest request, below OAuth; takes precedence over what openid-client makes of it. */
  failure: RelayFailure | undefined;
  readonly #http: HttpClient;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #patient: boolean;

  constructor(options: {
    http: HttpClient;
    timeoutMs: number;
    signal?: AbortSignal | undefined;
    /** For polling: a server that is away for a moment is asked again. */
    patient?: boolean;
  }) {
    this.#http = options.http;
    this.#timeoutMs = options.timeoutMs;
    this.#signal = options.signal;
    this.#patient = options.patient ?? false;
  }

  carry(configuration: Configuration, endpoint: URL): void {
    if (endpoint.protocol === 'http:') allowInsecureRequests(configuration); // refused before, unless configured
    configuration[customFetch] = (url, { headers, body }) => this.#post(new URL(url), headers, String(body));
  }

  async #post(url: URL, headers: Record<string, string>, body: string): Promise<Response> {
    this.failure = undefined;
    const answer = await this.#http.read(
      {
        method: 'POST',
        url,
        headers: { ...headers, 'user-agent': proxyUserAgent() },
        body,
        timeoutMs: this.#timeoutMs,
        signal: this.#signal,
      },
      { maxBytes: answerBytes },
    );
    const isAway = answer.kind !== 'answered' || answer.status >= 500;
    if (this.#patient && isAway) return new Response(null, { status: 503, headers: { 'retry-after': '5' } });
    if (answer.kind !== 'answered') {
      this.failure = networkFailure(answer, url);
      return Response.error();
    }
    const type = answer.headers['content-type'] ?? '';
    if (answer.status >= 500 || type.startsWith('application/problem+json')) {
      this.failure = refusal(answer, url);
    }
    // A challenge (RFC 6750 §3) adds nothing to the OAuth error in the body, so it is not passed on.
    return new Response(answer.body.toString('utf8'), {
      status: answer.status,
      headers: { 'content-type': type },
    });
  }
}
