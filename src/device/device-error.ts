// The one error that the SDK throws. An app compares `code`, never texts, and shows words of its own for it
// (docs/setup/apps.md lists them); `hint` and `message` are the service's, in English, for whoever develops.

import { type ErrorCode, errorCodes } from '../contract/error-codes.ts';
import { isNumber, isRecord, isText } from './checks.ts';

/**
 * What a service answers, or what this side found out. `offline`: no answer came at all, or not in time.
 * `unexpected-answer`: something answered that is not Mailbadge, such as a hotel's sign-in page, or is newer than this.
 */
export type DeviceErrorCode = ErrorCode | 'offline' | 'unexpected-answer';

export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly code: DeviceErrorCode;
  /** The HTTP status; 0 when nothing answered. */
  readonly status: number;
  readonly hint: string | undefined;
  /** How long the service asks to wait before the same call is tried again. */
  readonly retryAfterMs: number | undefined;
  /** What an administrator finds the request by, in the logs of the service. */
  readonly traceId: string | undefined;

  constructor(
    code: DeviceErrorCode,
    message: string,
    {
      status = 0,
      hint,
      retryAfterMs,
      traceId,
    }: {
      status?: number;
      hint?: string | undefined;
      retryAfterMs?: number | undefined;
      traceId?: string | undefined;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.retryAfterMs = retryAfterMs;
    this.traceId = traceId;
  }
}

/** From a problem document (RFC 9457), or from whatever came in its place. */
export function refusal(response: Response, problem: unknown): DeviceError {
  const { status } = response;
  const retryAfterMs = retryAfterOf(response.headers.get('retry-after'));
  const told = isRecord(problem) ? problem : {};
  const text = (name: string, longest: number): string | undefined => {
    const value = Object.hasOwn(told, name) ? told[name] : undefined;
    return isText(value) ? value.slice(0, longest) : undefined;
  };
  const code = text('code', 64);
  const known = code !== undefined && isErrorCode(code);
  return new DeviceError(
    known ? code : 'unexpected-answer',
    text('detail', 500) ?? text('title', 500) ?? `HTTP ${status}`,
    { status, retryAfterMs, hint: text('hint', 500), traceId: text('traceId', 64) },
  );
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** RFC 9110 §10.2.3, in seconds, the only form that Mailbadge's services use; at most a day is believed. */
function retryAfterOf(header: string | null): number | undefined {
  const seconds = header === null || !/^\d{1,9}$/.test(header) ? undefined : Number(header);
  return isNumber(seconds) ? Math.min(seconds, 86_400) * 1000 : undefined;
}
