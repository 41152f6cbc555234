// What a person can do about an error: many codes, few kinds. Each kind has words in every language (messages/); a code
// that only a newer server knows is the server's failure.

import type { DeferralReason, RejectionReason } from '../../src/contract/outcomes.ts';
import type { TroubleCode } from './trouble.ts';

const kinds = {
  offline: 'offline',
  'unexpected-answer': 'not-mailbadge',
  'sign-in-refused': 'wrong-password',
  'sign-in-throttled': 'throttled',
  'too-many-requests': 'too-many-requests',
  'mail-server-unreachable': 'mail-server',
  'mailbox-unknown': 'mailbox-unknown',
  'session-missing': 'session-ended',
  'session-invalid': 'session-ended',
  'session-stolen': 'session-stolen',
  'relay-not-connected': 'not-connected',
  'relay-unreachable': 'relay',
  'relay-answer-invalid': 'relay',
  'relay-identity-changed': 'relay',
  'token-refused': 'relay',
  'organization-inactive': 'relay',
  'app-unknown': 'app-unknown',
  'provider-not-configured': 'app-unknown',
  'proxy-disabled': 'publishing-off',
  'push-target-invalid': 'register-again',
  'push-host-not-allowed': 'push-host',
  'challenge-not-delivered': 'code-lost',
  'challenge-invalid': 'code-lost',
  'challenge-expired': 'code-lost',
  'ticket-invalid': 'register-again',
  'ticket-expired': 'register-again',
  'ticket-used': 'register-again',
  'target-not-openable': 'register-again',
  'installation-mismatch': 'register-again',
  'target-denied': 'device-refused',
  'subscription-limit': 'too-many-devices',
  'subscription-not-found': 'gone',
  'icon-not-found': 'gone',
  'not-found': 'gone',
  'app-missing': 'not-connected',
  'not-installed': 'not-installed',
  'push-unsupported': 'unsupported',
  'permission-denied': 'blocked',
  'permission-dismissed': 'dismissed',
  'push-service-unreachable': 'push-service',
  'code-not-arrived': 'code-lost',
  'storage-unavailable': 'storage',
} as const satisfies Partial<Record<TroubleCode, string>>;

/** Why a badge was not accepted: `lastProblem.reason` of an icon's status. */
const reasonKinds = {
  'target-gone': 'register-again',
  'target-invalid': 'register-again',
  'target-not-openable': 'register-again',
  'target-revoked': 'device-refused',
  'notification-invalid': 'server',
  'payload-too-large': 'server',
  'outcome-unknown': 'relay',
  'not-after-passed': 'relay',
  'provider-unreachable': 'push-service',
  'provider-unavailable': 'push-service',
  'provider-throttled': 'too-often',
  'app-misconfigured': 'app-unknown',
  'app-unknown': 'app-unknown',
  'gone-frozen': 'relay',
  'gone-before-registration': 'register-again',
  'device-throttled': 'too-often',
  'organization-throttled': 'too-often',
  'seal-key-unknown': 'relay',
  'push-host-refused': 'push-host',
  'relay-overloaded': 'relay',
  'relay-error': 'relay',
} as const satisfies Record<RejectionReason | DeferralReason, string>;

export type ProblemKind =
  | (typeof kinds)[keyof typeof kinds]
  | (typeof reasonKinds)[keyof typeof reasonKinds]
  | 'server';

export function kindOfCode(code: string): ProblemKind {
  return own(kinds, code) ?? 'server';
}

/** Whoever waits as long as the service asks gets through. */
export function isLimit(kind: ProblemKind): boolean {
  return kind === 'throttled' || kind === 'too-many-requests';
}

/** A reason is an outcome's, or the code of an error on the way to the relay. */
export function kindOfReason(reason: string): ProblemKind {
  return own(reasonKinds, reason) ?? own(kinds, reason) ?? 'relay';
}

function own<Kind>(table: Readonly<Record<string, Kind>>, key: string): Kind | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
