// Errors in the form of OAuth (RFC 6749 §5.2): `error` for any client, `code` and the description for ours and for the
// person at the screen.

import type { AppError } from '../../runtime/errors.ts';

export type OAuthError = { error: string; error_description: string; code: string };

export function toOAuthError(error: AppError): OAuthError {
  return {
    error: kindOf(error),
    error_description: describable(
      error.hint === undefined ? error.message : `${error.message}; ${error.hint}`,
    ),
    code: error.code,
  };
}

function kindOf({ code, status }: AppError): string {
  if (code === 'proxy-too-old') return 'unauthorized_client';
  if (code === 'too-many-requests') return 'slow_down'; // RFC 8628 §3.5
  if (status >= 500) return 'server_error';
  return 'invalid_request';
}

/** RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E */
export function describable(text: string): string {
  return text.replaceAll(/["“”‘’\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?');
}
