// Whatever fails, as a value with a code: for the code there are words (problem-kind.ts, messages/).

import { DeviceError, type DeviceErrorCode } from '../../src/device/device-error.ts';
import type { Obstacle } from './browser.ts';
import { NoPushAddress } from './push-address.ts';
import { isSessionOver } from './renewal.ts';

export type TroubleCode =
  | DeviceErrorCode
  | Obstacle
  /** The question for permission was closed without an answer. */
  | 'permission-dismissed'
  /** The browser could not reach its maker's push service. */
  | 'push-service-unreachable'
  /** The proxy has no app with Web Push: an administrator's matter. */
  | 'app-missing'
  /** Nothing was pushed in time. It may still come: the worker then finishes by itself. */
  | 'code-not-arrived'
  /** The browser keeps no data or no worker for this site: private browsing, or a full disk. */
  | 'storage-unavailable';

export type Trouble = { code: TroubleCode; retryAfterMs?: number; traceId?: string };

/** Thrown and caught within the badge switch. */
export class Failed extends Error {
  readonly trouble: Trouble;

  constructor(code: TroubleCode) {
    super(code);
    this.trouble = { code };
  }
}

export function asTrouble(error: unknown): Trouble {
  if (error instanceof Failed) return error.trouble;
  if (error instanceof DeviceError) {
    const { code, retryAfterMs, traceId } = error;
    return {
      code,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(traceId !== undefined && { traceId }),
    };
  }
  if (error instanceof NoPushAddress) return { code: 'push-unsupported' };
  // Of the browser's own parts only its storage is left to fail, and it does so with this.
  if (error instanceof DOMException) return { code: 'storage-unavailable' };
  return { code: 'internal-error' };
}

export function sessionIsOver({ code }: Trouble): boolean {
  return isSessionOver(code);
}
