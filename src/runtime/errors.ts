// The one error class: a stable code for programs, a message for the person who can act, a hint that says how.
// Expected outcomes are values, not errors; an AppError is thrown only for what the caller cannot go on with.

import { type ErrorCode, errorCodes } from '../contract/error-codes.ts';

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  /** What the operator can do about it; shown by the CLI and in problem documents below 500. */
  readonly hint: string | undefined;
  /** Honoured as Retry-After where the error is answered over HTTP. */
  readonly retryAfterMs: number | undefined;
  /** Extension members of the problem document (RFC 9457 §3.2), such as the relay's time. */
  readonly members: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      hint?: string;
      cause?: unknown;
      retryAfterMs?: number;
      members?: Record<string, unknown>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = errorCodes[code].status;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs;
    this.members = options.members ?? {};
  }
}

/** The text of anything thrown, with the chain of causes, for logs. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`;
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `${error.message || error.name}${code}${cause}`;
}
