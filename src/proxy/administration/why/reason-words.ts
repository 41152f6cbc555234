// Reasons that the database keeps as codes, in words, with what somebody can do about each. The tables are complete by
// their types: a new reason cannot be forgotten here.

import { type ErrorCode, errorCodes } from '../../../contract/error-codes.ts';
import { errorMessage } from '../../../contract/messages/error-message.ts';
import {
  type DeferralReason,
  deferralReasons,
  type RejectionReason,
  rejectionReasons,
} from '../../../contract/outcomes.ts';
import type { ProviderName } from '../../../contract/push-targets.ts';
import type { EndReason } from '../../subscriptions/end-subscriptions.ts';

export type Reason = { words: string; remedy: string | null };

const askOperator = 'ask the relay’s operator';
const registerAgain = 'open the app on the device and turn the badge on again';

const rejections: Record<RejectionReason, Reason> = {
  'target-gone': { words: 'the push service says that the device is gone', remedy: registerAgain },
  'target-invalid': { words: 'the push service does not know the device any more', remedy: registerAgain },
  'target-not-openable': {
    words: 'the relay cannot open the device’s sealed target: it is damaged, or of another organization',
    remedy: registerAgain,
  },
  'target-revoked': {
    words: 'the relay’s operator denied the device, or its registration is too old',
    remedy: `${registerAgain}; if that is refused, ${askOperator}`,
  },
  'notification-invalid': {
    words: 'the relay calls the notification malformed',
    remedy: 'compare the versions of proxy and relay, and report it: this is a defect',
  },
  'payload-too-large': {
    words: 'the push service calls the notification too large',
    remedy: 'report it: this is a defect',
  },
};

const deferrals: Record<DeferralReason, Reason> = {
  'outcome-unknown': { words: 'nobody knows whether the push service took it', remedy: null },
  'not-after-passed': { words: 'its time was over before the relay started it', remedy: null },
  'provider-unreachable': { words: 'the relay cannot reach the push service', remedy: null },
  'provider-unavailable': { words: 'the push service is not available', remedy: null },
  'provider-throttled': { words: 'the push service wants fewer notifications', remedy: null },
  'app-misconfigured': {
    words: 'the app’s key or topic at the relay is wrong',
    remedy: `${askOperator}: the app’s provider key, key id, team id and topic must belong together`,
  },
  'app-unknown': { words: 'the relay does not know the app', remedy: `${askOperator} to add the app` },
  'gone-frozen': {
    words: 'too many devices of the app were reported gone at once, so the relay believes none of it',
    remedy: `${askOperator}: somebody must look before endings go on`,
  },
  'gone-before-registration': {
    words: 'the push service says that the device was gone before it was registered',
    remedy: null,
  },
  'device-throttled': { words: 'the device has had its share of notifications', remedy: null },
  'organization-throttled': {
    words: 'the organization has had its share of notifications',
    remedy: `if it lasts, ${askOperator} for a larger quota`,
  },
  'seal-key-unknown': {
    words: 'the relay does not have the key that the device’s target is sealed with',
    remedy: `${askOperator}: an earlier key file must be restored`,
  },
  'push-host-refused': {
    words: 'the relay does not send to the host of the device’s push service',
    remedy: `${askOperator}: the host is not on the app’s list, or resolves to a private address`,
  },
  'relay-overloaded': { words: 'the relay has too much to do', remedy: null },
  'relay-error': { words: 'something failed at the relay', remedy: `if it lasts, ${askOperator}` },
};

const endings: Record<EndReason, Reason> = {
  unsubscribed: { words: 'the badge was turned off', remedy: registerAgain },
  expired: { words: 'the app was not opened for a whole lifetime of a subscription', remedy: registerAgain },
  'mailbox-gone': {
    words: 'the mail server says that the mailbox does not exist',
    remedy: 'if that was a mistake: "mailbadge proxy subscription restore --reason mailbox-gone --since 1d"',
  },
  'target-gone': {
    words: 'the push service said that the device is gone',
    remedy: `${registerAgain}; if many went at once: "mailbadge proxy subscription restore --reason target-gone --since 1d"`,
  },
  'taken-over': { words: 'the device was registered anew, or by another installation', remedy: null },
  'signed-out': { words: 'the person signed out on the device', remedy: registerAgain },
  'device-removed': { words: 'the person removed the device from their list', remedy: registerAgain },
  revoked: { words: 'an administrator signed the mailbox’s devices out', remedy: registerAgain },
  'password-changed': {
    words: 'the mailbox has a new password, which the person has not used on this device yet',
    remedy: registerAgain,
  },
  'session-stolen': {
    words: 'the device’s session was used from two places, and ended for both',
    remedy: 'let the person sign in again; if it happens again, change the password of the mailbox',
  },
};

/** Of `icon.last_outcome` and `icon.paused_reason`: an outcome's reason, or the code of a batch that did not go. */
export function outcomeReason(code: string): Reason & { kind: 'rejected' | 'deferred' | 'not-sent' } {
  if (isOneOf(rejectionReasons, code)) return { kind: 'rejected', ...rejections[code] };
  if (isOneOf(deferralReasons, code)) return { kind: 'deferred', ...deferrals[code] };
  if (Object.hasOwn(errorCodes, code)) {
    const { meaning, action } = errorMessage(code as ErrorCode, 'en');
    return { kind: 'not-sent', words: startSmall(meaning), remedy: startSmall(action) };
  }
  return { kind: 'not-sent', words: 'the relay did not take it', remedy: null };
}

export function endReason(reason: string | null): Reason {
  if (reason !== null && Object.hasOwn(endings, reason)) return endings[reason as EndReason];
  return { words: 'it is over', remedy: null };
}

const providers: Record<ProviderName, string> = { apns: 'APNs', fcm: 'FCM', webpush: 'the Web Push service' };
export const providerNames: Record<string, string> = providers;

function isOneOf<T extends string>(list: readonly T[], text: string): text is T {
  return (list as readonly string[]).includes(text);
}

/** A sentence as part of another. */
function startSmall(sentence: string): string {
  const text = sentence.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
