// Why the relay could not be asked, or what it refused, as a value: a code to act on, a message, and the remedy.
// Everything here is an expected outcome; nothing of it ends a subscription.

import { type ErrorCode, errorCodes } from '../../../contract/error-codes.ts';
import { problemSchema } from '../../../contract/problem.ts';
import { AppError } from '../../../runtime/errors.ts';
import { type AnswerHead, type HttpFailure, retryAfterMs } from '../../../runtime/http/http-client.ts';

export type RelayFailure = {
  code: ErrorCode;
  message: string;
  hint: string;
  retryAfterMs?: number;
};

export function relayFailureError(failure: RelayFailure): AppError {
  return new AppError(failure.code, failure.message, {
    hint: failure.hint,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
  });
}

/** `AppError`s of our own (a certificate that cannot be opened) in the same form. */
export function relayFailureOf(error: AppError): RelayFailure {
  return { code: error.code, message: error.message, hint: error.hint ?? 'look into the log' };
}

export const synchronizeClock =
  'synchronize this machine’s clock (NTP), for example with systemd-timesyncd or chrony';

export const notConnected: RelayFailure = {
  code: 'relay-not-connected',
  message: 'this proxy is not connected to a relay',
  hint: 'run "mailbadge proxy trust set-up" and then "mailbadge proxy trust connect"',
};

export function networkFailure(failure: HttpFailure, url: URL): RelayFailure {
  if (failure.reason === 'tls-untrusted') {
    return {
      code: 'tls-untrusted',
      message: `the certificate of ${url.host} is not trusted: ${failure.detail}`,
      hint: 'name the certificate authority with relay.ca_file; check the name in the URL and this machine’s clock',
    };
  }
  if (failure.reason === 'malformed') return malformedAnswer(url, failure.detail);
  if (/\b(ENOTFOUND|EAI_AGAIN)\b/.test(failure.detail)) {
    return {
      code: 'relay-unreachable',
      message: `the relay at ${url.origin} does not answer: the name ${url.hostname} has no address`,
      hint: 'check the name, and this machine’s DNS; the proxy keeps trying',
    };
  }
  return {
    code: 'relay-unreachable',
    message: `the relay at ${url.origin} does not answer: ${failure.detail}`,
    hint: 'check the URL, the name resolution and the firewall; the proxy keeps trying',
  };
}

export function malformedAnswer(url: URL, detail: string): RelayFailure {
  return {
    code: 'relay-answer-invalid',
    message: `what answers at ${url.origin} does not speak as a relay: ${detail}`,
    hint: 'check the relay’s URL, and whether something in between changes its answers',
  };
}

/** What a relay's error answer says. One without a problem document comes from something in between. */
export function refusal({ status, headers, body }: AnswerHead & { body: Buffer }, url: URL): RelayFailure {
  const after = retryAfterMs({ headers });
  const delay = after === undefined ? {} : { retryAfterMs: after };
  const parsed = problemSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    return status >= 500
      ? {
          code: 'relay-unreachable',
          message: `the relay at ${url.origin} is not available (HTTP ${status})`,
          hint: 'ask its operator; the proxy keeps trying',
          ...delay,
        }
      : { ...malformedAnswer(url, `HTTP ${status} without a reason`), ...delay };
  }
  const { code, detail, hint } = parsed.data;
  return {
    code: isErrorCode(code) ? code : 'relay-answer-invalid',
    message: detail,
    hint: hint ?? 'ask the relay’s operator',
    ...delay,
  };
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
