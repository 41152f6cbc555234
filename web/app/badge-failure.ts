// Every way in which the badge can fail, as a value with a code, for which the pages have words.

import { DeviceError, type DeviceErrorCode } from '../../src/device/device-error.ts';
import type { Obstacle } from './browser.ts';

export type BadgeFailureCode =
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
  /** The browser keeps no data for this site: private browsing, or a full disk. */
  | 'storage-unavailable';

export type BadgeFailure = { code: BadgeFailureCode; retryAfterMs?: number; traceId?: string };

/** Thrown and caught within the badge switch. */
export class Failed extends Error {
  readonly failure: BadgeFailure;

  constructor(code: BadgeFailureCode) {
    super(code);
    this.failure = { code };
  }
}

export function failureOf(error: unknown): BadgeFailure {
  if (error instanceof Failed) return error.failure;
  if (error instanceof DeviceError) {
    const { code, retryAfterMs, traceId } = error;
    return {
      code,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(traceId === undefined ? {} : { traceId }),
    };
  }
  // Of the browser's own parts only its storage is left to fail, and it does so with this.
  if (error instanceof DOMException) return { code: 'storage-unavailable' };
  throw error;
}
