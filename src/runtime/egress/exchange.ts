// One request and its answer over an agent's connection. What it must never blur is whether the request left: a
// connection is handed over only when its TLS stands, so before that moment nothing was sent, for certain; after it
// anything but an answer is an unknown outcome. An answer counts from its header on: a body that is too
// long or does not end is cut, the status stays certain. Redirects are answers like any other.

import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import { AddressRefusedError } from './checked-agent.ts';
import type { AllowedUrl } from './host-rules.ts';

export type ExchangeRequest = {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: Uint8Array;
  /** ms: when no connection was ready by then, nothing is sent. */
  notAfter: number;
};

export type ExchangeResult =
  /** Nothing was sent: the name has an address that may not be dialled. */
  | { kind: 'refused'; reason: 'address-not-public' }
  /** Nothing was sent: the time was over. */
  | { kind: 'not-started'; reason: 'too-late' }
  /** Nothing was sent: no address, no connection, or a certificate that is not trusted. */
  | { kind: 'unreachable'; reason: string }
  | { kind: 'response'; status: number; headers: IncomingHttpHeaders; body: Buffer; cut: BodyCut | undefined }
  /** Request bytes had left and no answer came. */
  | { kind: 'outcome-unknown'; reason: string };

/** Why a body is not whole: past the limit of bytes, past the time, or the connection broke. */
export type BodyCut = 'too-long' | 'too-slow' | 'broken';

/** The reason of an `unreachable` or `outcome-unknown` exchange that ran out of its own time. */
export const timeOverReason = 'NO_ANSWER_IN_TIME';

export function exchange(
  url: AllowedUrl,
  request: ExchangeRequest,
  {
    agent,
    clock,
    withinMs,
    answerBytes,
  }: { agent: Agent; clock: Clock; withinMs: number; answerBytes: number },
): Promise<ExchangeResult> {
  return new Promise(resolve => {
    let sent = false;
    let tooLate = false;
    let cutBody: (() => void) | undefined;
    const outgoing: ClientRequest = httpsRequest({
      agent,
      method: request.method,
      host: url.hostname,
      port: url.port,
      path: url.path,
      headers: {
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-length': String(request.body.length) }),
      },
      maxHeaderSize: 8192,
    });
    const deadline = clock.after(withinMs, () => {
      if (cutBody === undefined) outgoing.destroy(new TimeOverError());
      else cutBody();
    });
    const settle = (result: ExchangeResult): void => {
      deadline.cancel();
      resolve(result);
    };

    outgoing.once('socket', () => {
      tooLate = clock.now() > request.notAfter;
      if (tooLate) outgoing.destroy();
      else sent = true;
    });
    outgoing.on('error', error => {
      if (sent) settle({ kind: 'outcome-unknown', reason: reasonOf(error) });
      else if (error instanceof AddressRefusedError)
        settle({ kind: 'refused', reason: 'address-not-public' });
      else if (tooLate) settle({ kind: 'not-started', reason: 'too-late' });
      else settle({ kind: 'unreachable', reason: reasonOf(error) });
    });
    outgoing.once('close', () => {
      if (cutBody === undefined) settle({ kind: 'outcome-unknown', reason: 'closed' });
    });
    outgoing.once('response', incoming => {
      const body = new BoundedBody(incoming, answerBytes);
      cutBody = () => body.cut('too-slow');
      body.onEnd((bytes, cut) =>
        settle({
          kind: 'response',
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: bytes,
          cut,
        }),
      );
    });
    outgoing.end(request.body);
  });
}

/** Reads at most `limit` bytes; what is longer, slower or broken ends with the connection. */
class BoundedBody {
  readonly #incoming: IncomingMessage;
  readonly #chunks: Buffer[] = [];
  #listener: ((bytes: Buffer, cut: BodyCut | undefined) => void) | undefined;

  constructor(incoming: IncomingMessage, limit: number) {
    this.#incoming = incoming;
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk.subarray(0, Math.max(0, limit - length)));
      length += chunk.length;
      if (length > limit) this.cut('too-long');
    });
    incoming.once('end', () => this.#finish(undefined));
    incoming.once('error', () => this.#finish('broken'));
    incoming.once('close', () => this.#finish('broken'));
  }

  onEnd(listener: (bytes: Buffer, cut: BodyCut | undefined) => void): void {
    this.#listener = listener;
  }

  cut(why: BodyCut): void {
    this.#finish(why);
    this.#incoming.destroy();
  }

  #finish(cut: BodyCut | undefined): void {
    this.#listener?.(Buffer.concat(this.#chunks), cut);
    this.#listener = undefined;
  }
}

class TimeOverError extends Error {
  readonly code = timeOverReason;
}

/** A code such as ECONNRESET: the message could name the URL, and a push endpoint is a secret. */
function reasonOf(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.name;
}
