// English: the language that every message has; the others are held to its keys by their type. Whoever reads this uses
// mail and has never heard of a relay: words say what to do, and who can.

import type { ProblemKind } from '../problem-kind.ts';

const plural = new Intl.PluralRules('en');
const messages = (count: number, shown: string) =>
  plural.select(count) === 'one' ? `${shown} unseen message` : `${shown} unseen messages`;

type Words = { title: string; text: string };

const problems: Record<ProblemKind, Words> = {
  offline: {
    title: 'You are offline',
    text: 'Nothing answered. Check the network; if only this app fails, you may need your organization’s VPN.',
  },
  'not-mailbadge': {
    title: 'Something else answered',
    text: 'This happens in a Wi-Fi that asks to sign in first. Open any web page, sign in there, and try again.',
  },
  'wrong-password': {
    title: 'Name or password is wrong',
    text: 'Use the name and password of your mailbox, the same as in your mail program.',
  },
  throttled: {
    title: 'Too many wrong passwords',
    text: 'Perhaps another app uses an old password of yours.',
  },
  'too-many-requests': {
    title: 'That was too much at once',
    text: 'This device asked too often. Wait a moment, then open the app again.',
  },
  'mail-server': {
    title: 'The mail server does not answer',
    text: 'Nothing is wrong with your password or this device. Try again in a few minutes.',
  },
  'mailbox-unknown': {
    title: 'The mail server does not know your mailbox',
    text: 'It was renamed or removed. Ask your administrator; with another name, sign out and in again.',
  },
  'not-connected': {
    title: 'Badges are not set up yet',
    text: 'Your organization has not finished setting Mailbadge up. Only its administrator can do that.',
  },
  relay: {
    title: 'The relay cannot be reached',
    text: 'It carries badges to push services. It is tried again by itself; if this lasts, tell your administrator.',
  },
  'app-unknown': {
    title: 'The relay does not know this app',
    text: 'Your administrator can ask the relay’s operator to add it. Your mail is not affected.',
  },
  'publishing-off': {
    title: 'Badges are switched off for now',
    text: 'Your administrator has stopped publishing. When it is on again, your badge comes right by itself.',
  },
  'push-service': {
    title: 'The push service of this browser does not answer',
    text: 'Check that the network lets the browser reach it, or try again in another network.',
  },
  'push-host': {
    title: 'This browser’s push service is not allowed',
    text: 'The relay’s operator decides which ones are. Use another browser, or ask your administrator.',
  },
  'code-lost': {
    title: 'The code did not arrive on this device',
    text: 'Check that notifications are allowed and the device is online, then try again. If it comes later, the badge turns on by itself.',
  },
  'register-again': {
    title: 'This device must register again',
    text: 'Turn the badge on once more: that is all it takes.',
  },
  'device-refused': {
    title: 'This device is blocked',
    text: 'The relay’s operator refuses it. Ask your administrator.',
  },
  'too-many-devices': {
    title: 'Your mailbox has too many devices',
    text: 'Remove one that you no longer use under “Devices”, then try again.',
  },
  'too-often': {
    title: 'Too many badges in a short time',
    text: 'The newest number waits and arrives by itself in a moment.',
  },
  'session-ended': {
    title: 'Your sign-in has ended',
    text: 'Sign in again to go on.',
  },
  'session-stolen': {
    title: 'Your sign-in was used from two places',
    text: 'It has ended, and so has the badge. Sign in again; if it happens again, change the password of your mailbox.',
  },
  gone: {
    title: 'This is no longer there',
    text: 'It was ended or removed elsewhere. What you see now is up to date.',
  },
  'not-installed': {
    title: 'First put it on the Home Screen',
    text: 'iPhone and iPad give a badge only to apps that stand there. The steps are on this page.',
  },
  unsupported: {
    title: 'This browser cannot receive badges',
    text: 'Use a current Chrome, Edge, Firefox or Safari, and not a private window.',
  },
  blocked: {
    title: 'Notifications are blocked for this app',
    text: 'Your browser shows a badge only where notifications are allowed. To allow them:',
  },
  dismissed: {
    title: 'The question was closed without an answer',
    text: 'Turn the badge on again, and choose “Allow” when the browser asks.',
  },
  storage: {
    title: 'This browser keeps no data for the app',
    text: 'Leave the private window, or make room on the device, and try again.',
  },
  server: {
    title: 'Something failed on the server',
    text: 'Try again in a moment. If it lasts, tell your administrator.',
  },
};

export const english = {
  problems,
  traceId: 'For your administrator',
  retry: 'Try again',
  waitMinutes: (minutes: number) =>
    plural.select(minutes) === 'one' ? 'Try again in a minute.' : `Try again in ${minutes} minutes.`,
  navigation: { inbox: 'Inbox', devices: 'Devices', settings: 'Settings' },
  notFound: { title: 'Page not found', text: 'There is no such page here.', home: 'To the inbox' },
  signIn: {
    title: 'Your unseen mail, on your home screen',
    lead: 'Sign in with your mailbox, and its number of unseen messages stays on the app’s icon.',
    again: 'Sign in again',
    againLead: 'For another 90 days. Your badge stays on meanwhile.',
    user: 'Name or e-mail address',
    password: 'Password',
    device: 'Name of this device',
    deviceHint: 'For your list of devices',
    submit: 'Sign in',
    busy: 'Signing in…',
    privacy: 'Your password goes to your organization’s own server and nowhere else.',
    ended:
      'Your sign-in has ended. That happens after 90 days, when your password changes, and when this device is removed from your list.',
    another: 'Use another mailbox',
  },
  home: {
    unseen: messages,
    none: 'Inbox zero',
    unknown: 'Inbox',
    sinceViewed: (count: number, shown: string) =>
      count === 0 ? 'None since you last looked' : `${shown} since you last looked`,
    refresh: 'Refresh',
    messages: 'Latest unseen',
    more: (shown: string) => `and ${shown} more in your mailbox`,
    notLoaded: 'Your messages appear here as soon as your mail server has answered.',
    emptyTitle: 'All read',
    emptyText: 'Nothing unseen in your inbox. Enjoy the quiet.',
    noSubject: '(no subject)',
    noSender: '(unknown sender)',
    open: 'Open',
    markRead: 'Mark read',
    archive: 'Archive',
    inNewTab: 'opens your webmail',
    webmail: 'Open webmail',
  },
  badge: {
    title: 'Badge',
    offTitle: 'The badge is off',
    offText:
      'Turn it on, and this device shows how many messages are unseen, the moment mail arrives or is read.',
    turnOn: 'Turn the badge on',
    turningOn: 'Turning on…',
    again: 'Turn on again',
    steps: {
      permission: 'Your permission',
      'push-service': 'This browser’s push service',
      registration: 'Registration at the relay',
      code: 'The code arrives on this device',
      subscription: 'Subscribe to your mailbox',
    },
    permissionAsk: 'Your browser asks whether Mailbadge may send notifications. Choose “Allow”.',
    onTitle: 'The badge is on',
    endedElsewhere: 'It was turned off on another device, or by your administrator.',
    states: {
      shown: 'Badge is right',
      publishing: 'On its way',
      waiting: 'Waiting',
      paused: 'Register again',
      'publishing-disabled': 'Switched off by your organization',
      'not-counted': 'Counting…',
    },
    lastDelivery: 'Last delivery',
    neverDelivered: 'none yet',
    delivered: (badge: string) => `Badge ${badge}`,
    retryAt: 'Next attempt',
    expires: 'Renews itself before',
    turnOff: 'Turn off',
    turnOffTitle: 'Turn the badge off on this device?',
    turnOffText: 'Its number goes away and is no longer updated. You stay signed in.',
    turnedOff: 'The badge is off',
    allow: {
      chromium: [
        'Click the icon left of the address',
        'Open “Site settings” or “Permissions”',
        'Set “Notifications” to “Allow”, then come back here',
      ],
      firefox: [
        'Click the icon left of the address',
        'Remove “Blocked” beside “Send notifications”',
        'Turn the badge on again',
      ],
      'safari-mac': [
        'Open Safari’s Settings, then “Websites”, then “Notifications”',
        'Set this site to “Allow”',
        'Come back here and turn the badge on again',
      ],
      ios: [
        'Open the device’s Settings, then “Notifications”',
        'Choose this app and switch on “Allow Notifications” and “Badges”',
        'Come back here',
      ],
      android: [
        'Touch and hold the app’s icon, then “App info”',
        'Open “Notifications” and allow them',
        'Come back here',
      ],
    },
  },
  test: {
    button: 'Test my badge',
    running: 'Testing…',
    again: 'Test again',
    title: 'Test',
    steps: {
      published: 'Your organization sent the badge',
      accepted: 'The push service accepted it',
      arrived: 'It arrived on this device',
    },
    arrivedAfter: (milliseconds: string) => `It arrived here after ${milliseconds} ms`,
    good: 'Your badge works',
    notArrived: 'Accepted, but not here yet',
    notArrivedText:
      'Push services may hold a message back while a device saves power. Check that this app may send notifications, and keep it open for a minute.',
    slow: 'No answer yet',
    slowText: 'The badge is still on its way. It arrives by itself; you need not wait here.',
  },
  install: {
    title: 'Put it on your home screen',
    titleDesktop: 'Install it as an app',
    whyIos: 'On iPhone and iPad a badge is only possible from the Home Screen.',
    why: 'The number then stands on the app’s icon.',
    guides: {
      ios: ['Tap Share', 'Choose “Add to Home Screen”', 'Open it from there and sign in'],
      android: ['Open the browser’s menu', 'Choose “Add to Home screen” or “Install app”'],
      desktop: ['Choose “Install” in the address bar, or in the browser’s menu'],
      safariMac: ['Open the File menu', 'Choose “Add to Dock”'],
    },
    button: 'Install',
    later: 'Not now',
  },
  offline: {
    lastCount: 'The number is from',
    unknown: 'No number is known yet.',
  },
  expiry: {
    soonTitle: 'Please sign in again soon',
    soonText: 'This device’s sign-in ends',
  },
  settings: {
    title: 'Settings',
    saved: 'Saved',
    policy: 'What the badge counts',
    policies: {
      unseen: {
        title: 'All unseen messages',
        text: 'The same number that your mail program shows. It goes down when you read mail anywhere.',
      },
      'since-viewed': {
        title: 'Only what is new since you looked here',
        text: 'Goes to zero when you open this app’s inbox, and counts what arrives after that.',
      },
    },
    previews: 'Show sender and subject in notifications',
    previewsText:
      'Sender and subject of the newest message then leave your organization, encrypted so that only this device can read them. Relay and push service see neither.',
    previewsOff: 'Off: nothing but a number leaves your organization, and that is encrypted too.',
    needBadge: 'Turn the badge on first: these belong to it.',
    appearance: 'Appearance and language',
    language: 'Language',
    theme: 'Appearance',
    account: 'Account',
    signedInAs: 'Signed in as',
    sessionEnds: 'Sign in again by',
    signOut: 'Sign out',
    signOutTitle: 'Sign out on this device?',
    signOutText: 'The badge is turned off here. Your mail and other devices stay as they are.',
    about: 'Privacy',
    aboutText: [
      'This app asks your organization’s own server, which reads your inbox.',
      'Relay and push services carry an encrypted number. They never see your mail or password.',
      'Messages shown here are kept nowhere on this device.',
    ],
  },
  devices: {
    title: 'Devices',
    lead: 'Everything that is signed in to your mailbox with Mailbadge.',
    unnamed: 'Device without a name',
    thisDevice: 'This device',
    badgeOn: 'Badge on',
    badgeOff: 'Badge off',
    lastSeen: 'Last seen',
    signedIn: 'Signed in',
    ends: 'Badge lasts until',
    remove: 'Remove',
    removeTitle: (name: string) => `Remove “${name}”?`,
    removeText:
      'It is signed out and its badge goes away. Whoever holds it needs your password to come back.',
    removed: 'The device is removed',
    alone: 'No other device is signed in.',
  },
};

export type AppMessages = typeof english;
