// What the service worker and the pages tell each other.

import type { DeviceErrorCode } from '../../src/device/device-error.ts';
import type { ActiveBadge, LastBadge } from './state.ts';

export type ToPage =
  /** A badge came and is shown. */
  | ({ kind: 'badge' } & LastBadge)
  | { kind: 'code-arrived' }
  | { kind: 'subscribed'; active: ActiveBadge }
  | { kind: 'registration-failed'; code: DeviceErrorCode; retryAfterMs: number | undefined }
  /** The mailbox's credential must be proven again. */
  | { kind: 'session-ended' };

export type ToWorker =
  /**
   * A page asked the proxy and knows the badge. Corrects what is shown and lets nothing new appear, as the person is
   * looking. `reset`: also when a newer revision was seen, since the proxy's have begun anew.
   */
  { kind: 'badge-known'; iconId: string; badge: number; rev: number; reset?: boolean };

/** Calls back for every message of the worker, until the answered function is called. */
export function listenToWorker(
  workers: Pick<ServiceWorkerContainer, 'addEventListener' | 'removeEventListener'>,
  heard: (message: ToPage) => void,
): () => void {
  const listener = ({ data }: MessageEvent<unknown>): void => {
    if (isToPage(data)) heard(data);
  };
  workers.addEventListener('message', listener);
  return () => workers.removeEventListener('message', listener);
}

const kinds = ['badge', 'code-arrived', 'subscribed', 'registration-failed', 'session-ended'];

/** Only a script of this origin can send one; a worker of another version may send what this page does not know. */
function isToPage(data: unknown): data is ToPage {
  return typeof data === 'object' && data !== null && 'kind' in data && kinds.includes(String(data.kind));
}
