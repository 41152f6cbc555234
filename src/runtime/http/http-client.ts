// A small HTTP client that can tell "no byte of the request left this host" (not-sent) from "it left, and nobody
// knows what became of it" (broken): what may be repeated depends on it. Nothing is written before the connection
// stands and, with TLS, the server's certificate was verified. One deadline covers the whole exchange; redirects are
// never followed; every failure is a value.

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';

export type HttpRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
};

export type AnswerHead = { status: number; headers: IncomingHttpHeaders };

export type HttpFailure = {
  kind: 'not-sent' | 'broken';
  reason: 'tls-untrusted' | 'unreachable' | 'timeout' | 'cut' | 'malformed' | 'aborted';
  detail: string;
};

export type HttpEnd = ({ kind: 'answered' } & AnswerHead) | HttpFailure;

/** Takes the answer's body piece by piece; throwing cuts the connection and ends the exchange as `malformed`. */
export type BodySink = (chunk: Buffer) => void;

/** Below the 5 s after which many servers close an idle connection, unless the server says otherwise. */
const idleMs = 4000;

export class HttpClient implements Disposable {
  readonly #clock: Clock;
  readonly #http = new HttpAgent({ keepAlive: true, timeout: idleMs });
  readonly #https: HttpsAgent;
  readonly #established = new WeakSet<Socket>();

  /** `ca`: PEM certificates to trust besides those of the system. */
  constructor({ clock, ca }: { clock: Clock; ca?: string | undefined }) {
    this.#clock = clock;
    this.#https = new HttpsAgent({
      keepAlive: true,
      timeout: idleMs,
      ...(ca === undefined
        ? {}
        : { ca: [...getCACertificates('default'), ...getCACertificates('system'), ca] }),
    });
  }

  /** Never rejects. `receive` is called once with the answer's head and returns where its body goes. */
  exchange(request: HttpRequest, receive: (head: AnswerHead) => BodySink): Promise<HttpEnd> {
    let outgoing: ClientRequest;
    try {
      outgoing = this.#open(request);
    } catch (error) {
      // a header that HTTP cannot carry
      return Promise.resolve({ kind: 'not-sent', reason: 'malformed', detail: describeError(error) });
    }
    return new Promise(resolve => {
      let sent = false;
      let ended = false;
      const end = (result: HttpEnd): void => {
        if (ended) return;
        ended = true;
        deadline.cancel();
        request.signal?.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const fail = (reason: HttpFailure['reason'], detail: string): void => {
        end({ kind: sent ? 'broken' : 'not-sent', reason, detail });
        outgoing.destroy();
      };
      const onAbort = (): void => fail('aborted', 'the request was cancelled');
      const deadline = this.#clock.after(request.timeoutMs, () =>
        fail('timeout', `no complete answer within ${request.timeoutMs} ms`),
      );

      outgoing.on('error', error => {
        const reason = isTlsFailure(error) && !sent ? 'tls-untrusted' : sent ? 'cut' : 'unreachable';
        fail(reason, describeError(error));
      });
      outgoing.on('socket', socket =>
        this.#whenEstablished(outgoing, socket, () => {
          if (ended) return;
          sent = true;
          outgoing.end(request.body);
        }),
      );
      outgoing.on('response', response => {
        const head = { status: response.statusCode ?? 0, headers: response.headers };
        take(response, receive, head, {
          complete: () => end({ kind: 'answered', ...head }),
          fail,
        });
      });
      request.signal?.addEventListener('abort', onAbort, { once: true });
      if (request.signal?.aborted === true) onAbort();
    });
  }

  /** An exchange whose answer is small enough to hold; a larger one ends as `malformed`. */
  async read(
    request: HttpRequest,
    { maxBytes }: { maxBytes: number },
  ): Promise<({ kind: 'answered'; body: Buffer } & AnswerHead) | HttpFailure> {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = await this.exchange(request, () => chunk => {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    });
    return end.kind === 'answered' ? { ...end, body: Buffer.concat(chunks) } : end;
  }

  /** Closes idle connections and cuts running exchanges. */
  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #open({ method, url, headers = {}, body }: HttpRequest): ClientRequest {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { ...headers, ...length } };
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: this.#https })
      : httpRequest(url, { ...options, agent: this.#http });
  }

  /** For TLS that is after the certificate was verified: node:tls emits `secureConnect` only then. */
  #whenEstablished(outgoing: ClientRequest, socket: Socket, callback: () => void): void {
    if (this.#established.has(socket)) {
      callback();
      return;
    }
    socket.once(outgoing.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      this.#established.add(socket);
      callback();
    });
  }
}

function take(
  response: IncomingMessage,
  receive: (head: AnswerHead) => BodySink,
  head: AnswerHead,
  { complete, fail }: { complete: () => void; fail: (reason: HttpFailure['reason'], detail: string) => void },
): void {
  const guarded = <T>(action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      fail('malformed', describeError(error));
      return undefined;
    }
  };
  const sink = guarded(() => receive(head));
  response.on('data', (chunk: Buffer) => guarded(() => sink?.(chunk)));
  response.on('end', complete);
  response.on('error', error => fail('cut', describeError(error)));
}

/** Seconds (RFC 9110 §10.2.3); relays do not use the date form. */
export function retryAfterMs({ headers }: Pick<AnswerHead, 'headers'>): number | undefined {
  const seconds = headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** Whether the connection failed because the server's certificate (or its TLS) is not to be trusted. */
function isTlsFailure(error: Error & { code?: string }): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|INVALID_|EPROTO)/.test(
    error.code ?? '',
  );
}
