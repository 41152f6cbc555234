// What the publisher needs of a relay. The four ways a request can end decide what R3 and R4 allow (ARCHITECTURE.md).

import type { NotificationResult } from '../../contract/outcomes.ts';
import type { PublishRequest } from '../../contract/publishing.ts';

export type PublishEnd =
  /** Every result that the relay gives was handed over; an id without one is of unknown outcome. */
  | { kind: 'answered' }
  /** Certain: the relay refused the whole batch and started nothing. */
  | { kind: 'refused'; code: string; detail: string; hint?: string; retryAfterMs?: number }
  /** Certain: no byte of the batch left this host (no token, no connection). */
  | { kind: 'not-sent'; code: string; detail: string }
  /** The connection broke or timed out after bytes had left: ids without a result are of unknown outcome. */
  | { kind: 'broken'; detail: string };

export type RelayPort = {
  /** The relay's clock as this proxy estimates it, never ahead of it; undefined until it was measured. */
  relayNow(): number | undefined;
  /** Hands each result over as it arrives. Never rejects. */
  publish(
    request: PublishRequest,
    options: { signal: AbortSignal; onResult: (result: NotificationResult) => void },
  ): Promise<PublishEnd>;
};
