// How FCM and the API layer before it refuse, as Google documents it ("ErrorCode", "FCM Error Codes", "Errors") and as
// its users saw it. Written down a second time on purpose: a simulator that shared the relay's table could not find its
// errors.

import type { ServedAnswer } from '../faulty-http2-server.ts';

export type FieldViolation = { field: string; description: string };

export type Refusal =
  | { code: 'INVALID_JSON'; violations: FieldViolation[] }
  | {
      code:
        | 'INVALID_TOKEN'
        | 'MESSAGE_TOO_BIG'
        | 'UNREGISTERED'
        | 'SENDER_ID_MISMATCH'
        | 'THIRD_PARTY_AUTH_ERROR';
    }
  | { code: 'UNAUTHENTICATED' | 'SCOPE_INSUFFICIENT' | 'PERMISSION_DENIED' }
  | { code: 'PROJECT_QUOTA' | 'DEVICE_QUOTA'; retryAfterSeconds: number }
  | { code: 'NO_SUCH_PAGE' };

const types = {
  fcm: 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
  badRequest: 'type.googleapis.com/google.rpc.BadRequest',
  errorInfo: 'type.googleapis.com/google.rpc.ErrorInfo',
  quotaFailure: 'type.googleapis.com/google.rpc.QuotaFailure',
};

export function answerOf(refusal: Refusal): ServedAnswer {
  switch (refusal.code) {
    case 'INVALID_JSON': {
      const message = refusal.violations.map(({ description }) => description).join('\n');
      const details = [{ '@type': types.badRequest, fieldViolations: refusal.violations }];
      return error(400, 'INVALID_ARGUMENT', message, details);
    }
    case 'INVALID_TOKEN': {
      const description = 'The registration token is not a valid FCM registration token';
      const fieldViolations = [{ field: 'message.token', description }];
      const details = [fcmError('INVALID_ARGUMENT'), { '@type': types.badRequest, fieldViolations }];
      return error(400, 'INVALID_ARGUMENT', description, details);
    }
    case 'MESSAGE_TOO_BIG':
      return error(400, 'INVALID_ARGUMENT', 'Android message is too big');
    case 'UNREGISTERED':
      return error(404, 'NOT_FOUND', 'Requested entity was not found.', [fcmError('UNREGISTERED')]);
    case 'SENDER_ID_MISMATCH':
      return error(403, 'PERMISSION_DENIED', 'SenderId mismatch', [fcmError('SENDER_ID_MISMATCH')]);
    case 'THIRD_PARTY_AUTH_ERROR':
      return error(401, 'UNAUTHENTICATED', 'Auth error from APNS or Web Push Service', [
        fcmError('THIRD_PARTY_AUTH_ERROR'),
      ]);
    case 'UNAUTHENTICATED': {
      const message =
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';
      const answer = error(401, 'UNAUTHENTICATED', message, [errorInfo('ACCESS_TOKEN_EXPIRED')]);
      return {
        ...answer,
        headers: { ...answer.headers, 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' },
      };
    }
    case 'SCOPE_INSUFFICIENT':
      return error(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', [
        errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
      ]);
    case 'PERMISSION_DENIED':
      return error(
        403,
        'PERMISSION_DENIED',
        "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist).",
        [errorInfo('IAM_PERMISSION_DENIED')],
      );
    case 'PROJECT_QUOTA':
      return delayed(
        refusal.retryAfterSeconds,
        error(
          429,
          'RESOURCE_EXHAUSTED',
          "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute'",
          [errorInfo('RATE_LIMIT_EXCEEDED')],
        ),
      );
    case 'DEVICE_QUOTA': {
      const violations = [{ subject: 'device', description: 'Device message rate exceeded' }];
      const details = [fcmError('QUOTA_EXCEEDED'), { '@type': types.quotaFailure, violations }];
      return delayed(
        refusal.retryAfterSeconds,
        error(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', details),
      );
    }
    case 'NO_SUCH_PAGE':
      return htmlAnswer(404);
  }
}

/** What Google's front end says by itself: a page. */
export function htmlAnswer(status: number): ServedAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<!DOCTYPE html>\n<html lang=en>\n<title>Error ${status}!!1</title>\n<p><b>${status}.</b> <ins>That’s an error.</ins>\n`,
  };
}

export function error(status: number, word: string, message: string, details?: object[]): ServedAnswer {
  const said = { code: status, message, status: word, details };
  return { status, headers: {}, body: JSON.stringify({ error: said }, null, 2) };
}

function delayed(seconds: number, answer: ServedAnswer): ServedAnswer {
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
}

export function fcmError(errorCode: string): object {
  return { '@type': types.fcm, errorCode };
}

function errorInfo(reason: string): object {
  return {
    '@type': types.errorInfo,
    reason,
    domain: 'googleapis.com',
    metadata: { service: 'fcm.googleapis.com' },
  };
}
