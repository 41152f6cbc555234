// What somebody is told who could not sign in, or whose password was asked again and was wrong.

import { AppError } from '../../runtime/errors.ts';
import type { PasswordAgainResult, SignInResult } from '../administrators/sign-in.ts';

type Refusal = Exclude<PasswordAgainResult | SignInResult, { kind: 'confirmed' | 'signed-in' }>;

export function refusalError(refusal: Refusal): AppError {
  switch (refusal.kind) {
    case 'totp-required':
      return new AppError('totp-required', 'the code of your authenticator app is needed as well');
    case 'refused':
      return new AppError('sign-in-refused', 'the e-mail address, the password or the code is wrong');
    case 'throttled':
      return new AppError('sign-in-throttled', 'too many wrong passwords', {
        hint: `wait ${Math.ceil(refusal.retryAfterMs / 1000)} s`,
        retryAfterMs: refusal.retryAfterMs,
      });
  }
}
