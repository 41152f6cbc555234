// How a probe ended, in the original's words: ResultType, Error, Exception, and a class that tells where to look.

import type { ErrorCode } from '../../contract/error-codes.ts';

export type FailureClass = 'PushNotifications' | 'Networking' | 'Authentication' | 'Unknown';

export type ProbeFailure = {
  failureClass: FailureClass;
  /** For the administrator, without its class. */
  error: string;
  /** A stable code. */
  exception: string;
  remedy: string;
};

export type ProbeStage = { name: string; ms: number; detail: string | null };

export type ProbeOutcome = { failure: ProbeFailure | undefined; stages: ProbeStage[] };

/** Where to look when a request to the relay failed with this code. */
export function failureClassOf(code: ErrorCode): FailureClass {
  if (settings.has(code)) return 'PushNotifications';
  if (network.has(code)) return 'Networking';
  return identity.test(code) ? 'Authentication' : 'Unknown';
}

const settings = new Set<ErrorCode>(['proxy-disabled', 'trust-disagrees', 'proxy-too-old']);
const network = new Set<ErrorCode>([
  'relay-unreachable',
  'relay-answer-invalid',
  'tls-untrusted',
  'too-many-requests',
  'overloaded',
  'shutting-down',
]);
/** Every code that begins so is about who calls, or who answers. */
const identity =
  /^(token|credential|certificate|organization|direct-trust|auth-server)-|^(relay-not-connected|relay-identity-changed|clock-skewed|sealed-secret-unreadable)$/;
