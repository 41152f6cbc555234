// One attempt, as the process that makes it holds it in memory until it is answered or may be forgotten.
// What is in the database is enough for everything else: a process that starts knows no claims.

import type { Presentation, WebPushKeys } from '../../contract/push-targets.ts';

export type Claim = {
  attemptId: string;
  iconId: string;
  appId: string;
  provider: string;
  /** The registration that the attempt goes to; a later one must not be judged by its outcome. */
  sealedTarget: string;
  targetId: string;
  keys: WebPushKeys | undefined;
  collapseKey: string;
  presentation: Presentation;
  badge: number;
  rev: number;
  repetition: boolean;
  traceId: string;
  /** When the event was seen that led to this badge. */
  changedAt: number;
  expiresAt: number;
};
