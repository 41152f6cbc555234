// The one mapping from errors to HTTP: RFC 9457 `application/problem+json` with our stable `code`.
// A 5xx body never carries an internal message; what the caller can act on is in `detail` and `hint`.

import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { errorMessage, type Locale, localeOf } from '../../contract/messages/error-message.ts';
import type { Problem } from '../../contract/problem.ts';
import { AppError, describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';

export function toProblem(
  error: unknown,
  { traceId, locale = 'en' }: { traceId: string; locale?: Locale },
): { problem: Problem; retryAfterMs?: number } {
  const appError = toAppError(error);
  const internal = appError.code === 'internal-error';
  return {
    problem: {
      ...appError.members,
      type: `https://mailbadge.org/errors/${appError.code}`,
      code: appError.code,
      title: errorMessage(appError.code, locale).meaning,
      status: appError.status,
      detail: internal
        ? 'something failed on this side; the log has the details under this trace id'
        : appError.message,
      ...(appError.hint === undefined || internal ? {} : { hint: appError.hint }),
      traceId,
    },
    ...(appError.retryAfterMs === undefined ? {} : { retryAfterMs: appError.retryAfterMs }),
  };
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HTTPException) {
    if (error.status === 413)
      return new AppError('body-too-large', 'the body is too large', { cause: error });
    if (error.status === 404) return new AppError('not-found', 'no such resource', { cause: error });
    if (error.status === 415) {
      return new AppError('unsupported-media-type', 'the body is not of a media type that is taken here', {
        hint: 'send application/json',
        cause: error,
      });
    }
    if (error.status < 500) {
      return new AppError('invalid-request', error.message || 'the request is malformed', { cause: error });
    }
  }
  return new AppError('internal-error', 'internal error', { cause: error });
}

/** For Hono's `onError`: answers the problem, logs what is ours. */
export function answerProblem(
  error: unknown,
  context: Context,
  { logger, traceId }: { logger: Logger; traceId: string },
): Response {
  const { problem, retryAfterMs } = toProblem(error, {
    traceId,
    locale: localeOf(context.req.header('accept-language')),
  });
  if (problem.status >= 500) {
    logger.error(
      { traceId, path: context.req.path, error: describeError(error), stack: stackOf(error) },
      'request failed',
    );
  }
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
  if (problem.status === 401) headers['www-authenticate'] = bearerChallenge(problem);
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** RFC 6750 §3; who sent no token is told of no error (§3.1). */
function bearerChallenge({ code, detail }: Problem): string {
  if (code === 'token-missing' || code === 'session-missing') return 'Bearer';
  const description = `${code}: ${detail}`.replaceAll(/["“”‘’\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?'); // §3: %x20-21 / %x23-5B / %x5D-7E
  return `Bearer error="invalid_token", error_description="${description}"`;
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error && !(error instanceof AppError) ? error.stack : undefined;
}
