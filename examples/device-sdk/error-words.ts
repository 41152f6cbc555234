// What the app tells the person about an error, by its code: the table of docs/setup/apps.md. A code that it does not
// know, because only a newer server has it, is the server's failure.

import type { DeviceError } from 'mailbadge/device/error';

const setUpTookTooLong = 'Setting up the badge took too long. Try again.';
const signInAgain = 'Please sign in again, so that the badge goes on.';
const badgeIsOff = 'The badge is off. Turn it on again?';
const noMailServer = 'Your mail server cannot be reached. The badge goes on when it is back.';
const noRelay = 'The badge service cannot be reached. Try again later.';
const notSetUp = 'This app is not set up for badges yet. Ask your administrator.';

const words: Readonly<Record<string, string>> = {
  offline: 'You are offline.',
  'unexpected-answer': 'Something else answered. Does this network ask you to sign in first?',
  'sign-in-refused': 'That name and password do not open the mailbox. Use those of your mail.',
  'sign-in-throttled': 'Too many wrong passwords. Try again in … minutes.',
  'session-missing': signInAgain,
  'session-invalid': signInAgain,
  'session-stolen': signInAgain,
  'ticket-expired': setUpTookTooLong,
  'ticket-used': setUpTookTooLong,
  'ticket-invalid': setUpTookTooLong,
  'challenge-expired': setUpTookTooLong,
  'challenge-invalid': setUpTookTooLong,
  'challenge-not-delivered': 'The badge could not reach this phone. Are notifications allowed?',
  'too-many-requests': 'Too many attempts in a short time. Try again in … minutes.',
  'subscription-limit': 'This mailbox has as many devices as allowed. Remove one that you no longer use.',
  'subscription-not-found': badgeIsOff,
  'icon-not-found': badgeIsOff,
  'target-denied': 'The publisher of this app has blocked this phone. Ask your administrator.',
  'mail-server-unreachable': noMailServer,
  'mailbox-unknown': noMailServer,
  'relay-unreachable': noRelay,
  'relay-not-connected': noRelay,
  'app-unknown': notSetUp,
  'provider-not-configured': notSetUp,
  'push-host-not-allowed': notSetUp,
  'push-target-invalid': notSetUp,
};

export function wordsFor({
  code,
  retryAfterMs = 60_000,
}: Pick<DeviceError, 'code' | 'retryAfterMs'>): string {
  const text = Object.hasOwn(words, code) ? words[code] : undefined;
  const minutes = Math.ceil(retryAfterMs / 60_000);
  return (text ?? 'Something went wrong. Try again in a moment.').replace('… minutes', `${minutes} min`);
}
