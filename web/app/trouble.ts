// Whatever fails, as a value with a code: for the code there are words (problem-kind.ts, messages/).

import { DeviceError } from '../../src/device/device-error.ts';
import type { BadgeFailure } from './badge-failure.ts';
import { isSessionOver } from './renewal.ts';

export type Trouble = BadgeFailure;

export function asTrouble(error: unknown): Trouble {
  if (!(error instanceof DeviceError)) return { code: 'internal-error' };
  const { code, retryAfterMs, traceId } = error;
  return {
    code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(traceId !== undefined && { traceId }),
  };
}

export function sessionIsOver({ code }: Trouble): boolean {
  return isSessionOver(code);
}
