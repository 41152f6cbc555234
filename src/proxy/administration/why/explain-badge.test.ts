import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCodes } from '../../../contract/error-codes.ts';
import { deferralReasons, rejectionReasons } from '../../../contract/outcomes.ts';
import type { IconFacts, ProxyFacts, StoredIcon, StoredMailbox, StoredSubscription } from './badge-facts.ts';
import { explainIcon, explainMailbox } from './explain-badge.ts';
import { outcomeReason } from './reason-words.ts';

const now = Date.UTC(2026, 0, 2, 12, 0, 0);
const seconds = (count: number): number => now + count * 1000;

const annas: StoredMailbox = {
  id: 'anna@fabrikam.com',
  unseen: 3,
  counted_at: seconds(-60),
  last_event_at: seconds(-60),
  last_event_cause: 'event',
  state: 'watched',
  state_detail: null,
  state_at: seconds(-9000),
};

const right: StoredIcon = {
  id: 'icon-1',
  app_id: 'com.fabrikam.mail',
  installation_id: 'phone-01',
  provider: 'apns',
  presentation: 'badge',
  wanted: 3,
  rev: 7,
  shown: 3,
  accepted_badge: 3,
  shown_at: seconds(-59),
  provider_id: 'A-1',
  attempt_id: null,
  attempt_badge: 3,
  attempt_at: seconds(-60),
  attempt_blocks_until: seconds(-45),
  retry_at: 0,
  hold_until: 0,
  repeat_at: null,
  deferrals: 0,
  last_outcome: null,
  last_outcome_at: null,
  trace_id: 'f'.repeat(32),
  changed_at: seconds(-60),
  reported_badge: null,
  reported_at: null,
  paused_at: null,
  paused_reason: null,
  closing_at: null,
  ended_at: null,
  ended_reason: null,
};

/** Wants 4, was last told 3. */
const behind: Partial<StoredIcon> = { wanted: 4, shown: null, changed_at: seconds(-40) };
const underWay: Partial<StoredIcon> = {
  ...behind,
  attempt_id: 'a',
  attempt_badge: 4,
  attempt_at: seconds(-1),
  attempt_blocks_until: seconds(14),
};

const running: ProxyFacts = {
  enabled: true,
  connected: true,
  endingsFrozenAt: null,
  node: { name: 'mail-1', running: true, seenAt: seconds(-3) },
};

function facts(
  icon: Partial<StoredIcon> = {},
  {
    mailbox = {},
    subscription = {},
  }: { mailbox?: Partial<StoredMailbox>; subscription?: Partial<StoredSubscription> } = {},
): IconFacts {
  return {
    icon: { ...right, ...icon },
    deviceName: 'Anna’s phone',
    subscriptions: [
      {
        id: 'subscription-1',
        policy: 'unseen',
        previews: 0,
        count: 3,
        created_at: seconds(-90_000),
        renewed_at: seconds(-90_000),
        expires_at: seconds(900_000),
        ended_at: null,
        ended_reason: null,
        ...subscription,
        mailbox: { ...annas, ...mailbox },
      },
    ],
  };
}

const situations: {
  what: string;
  icon?: Partial<StoredIcon>;
  mailbox?: Partial<StoredMailbox>;
  subscription?: Partial<StoredSubscription>;
  proxy?: Partial<ProxyFacts>;
  verdict: string;
  conclusion: string;
  remedy: RegExp | null;
}[] = [
  {
    what: 'all is well',
    verdict: 'right',
    conclusion: 'The icon shows 3, which is right: APNs accepted it at 2026-01-02T11:59:01Z as A-1.',
    remedy: null,
  },
  {
    what: 'nothing is unseen',
    icon: { wanted: 0, shown: 0, accepted_badge: 0, provider: 'webpush', provider_id: null },
    verdict: 'right',
    conclusion:
      'The icon shows no badge, which is right: the Web Push service accepted it at 2026-01-02T11:59:01Z.',
    remedy: null,
  },
  {
    what: 'the push service is busy',
    icon: {
      ...behind,
      last_outcome: 'provider-throttled',
      last_outcome_at: seconds(-30),
      retry_at: seconds(30),
      deferrals: 2,
    },
    verdict: 'deferred',
    conclusion:
      'The icon should show 4 but shows 3: the relay deferred it with provider-throttled (the push service wants fewer notifications), next try at 2026-01-02T12:00:30Z.',
    remedy: null,
  },
  {
    what: 'a deferral is over and the next try not yet made',
    icon: {
      ...behind,
      last_outcome: 'provider-unreachable',
      last_outcome_at: seconds(-30),
      retry_at: seconds(-1),
    },
    verdict: 'deferred',
    conclusion:
      'The icon should show 4 but shows 3: the relay deferred it with provider-unreachable (the relay cannot reach the push service), the next try is due now.',
    remedy: null,
  },
  {
    what: 'the app’s key at the relay is wrong',
    icon: {
      ...behind,
      last_outcome: 'app-misconfigured',
      last_outcome_at: seconds(-30),
      retry_at: seconds(60),
    },
    verdict: 'deferred',
    conclusion:
      'The icon should show 4 but shows 3: the relay deferred it with app-misconfigured (the app’s key or topic at the relay is wrong), next try at 2026-01-02T12:01:00Z.',
    remedy: /operator.*key/,
  },
  {
    what: 'the relay calls the notification malformed',
    icon: {
      ...behind,
      last_outcome: 'notification-invalid',
      last_outcome_at: seconds(-30),
      retry_at: seconds(3600),
    },
    verdict: 'rejected',
    conclusion:
      'The icon should show 4 but shows 3: the relay rejected it with notification-invalid (the relay calls the notification malformed), next try at 2026-01-02T13:00:00Z.',
    remedy: /defect/,
  },
  {
    what: 'the relay does not answer',
    icon: { ...behind, last_outcome: 'relay-unreachable', last_outcome_at: seconds(-2) },
    verdict: 'relay-unusable',
    conclusion:
      'The icon should show 4 but shows 3: the relay cannot be used (relay-unreachable), as of 2026-01-02T11:59:58Z; the next try is due now.',
    remedy: /./,
  },
  {
    what: 'an earlier deferral does not explain what was accepted since',
    icon: { last_outcome: 'provider-throttled', last_outcome_at: seconds(-70) },
    verdict: 'right',
    conclusion: 'The icon shows 3, which is right: APNs accepted it at 2026-01-02T11:59:01Z as A-1.',
    remedy: null,
  },
  {
    what: 'a notification is on its way',
    icon: underWay,
    verdict: 'under-way',
    conclusion:
      'The icon should show 4 but shows 3: 4 was sent at 2026-01-02T11:59:59Z and not answered yet; without an answer it is sent again after 2026-01-02T12:00:14Z.',
    remedy: null,
  },
  {
    what: 'a relay that does not answer is tried again',
    icon: {
      ...underWay,
      last_outcome: 'relay-unreachable',
      last_outcome_at: seconds(-6),
    },
    verdict: 'relay-unusable',
    conclusion:
      'The icon should show 4 but shows 3: the relay cannot be used (relay-unreachable), as of 2026-01-02T11:59:54Z; tried again at 2026-01-02T11:59:59Z, not answered yet.',
    remedy: /./,
  },
  {
    what: 'what came before the last acceptance is no cause of a new attempt',
    icon: {
      ...underWay,
      last_outcome: 'relay-unreachable',
      last_outcome_at: seconds(-70),
    },
    verdict: 'under-way',
    conclusion:
      'The icon should show 4 but shows 3: 4 was sent at 2026-01-02T11:59:59Z and not answered yet; without an answer it is sent again after 2026-01-02T12:00:14Z.',
    remedy: null,
  },
  {
    what: 'nobody knows what became of it',
    icon: {
      ...behind,
      attempt_id: 'a',
      attempt_badge: 4,
      attempt_at: seconds(-4),
      attempt_blocks_until: seconds(11),
      last_outcome: 'outcome-unknown',
      last_outcome_at: seconds(-1),
    },
    verdict: 'outcome-unknown',
    conclusion:
      'The icon should show 4 but shows 3: 4 was sent at 2026-01-02T11:59:56Z, nobody knows whether the push service took it (outcome-unknown), and it is sent again after 2026-01-02T12:00:11Z.',
    remedy: null,
  },
  {
    what: 'an attempt outlived its time',
    icon: {
      ...behind,
      attempt_id: 'a',
      attempt_badge: 4,
      attempt_at: seconds(-300),
      attempt_blocks_until: seconds(-285),
    },
    verdict: 'stuck',
    conclusion:
      'The icon should show 4 but shows 3: 4 was sent at 2026-01-02T11:55:00Z, and its attempt should have been cleared at 2026-01-02T11:55:15Z, but was not.',
    remedy: /start the proxy again/,
  },
  {
    what: 'many changes at once',
    icon: { ...behind, hold_until: seconds(2) },
    verdict: 'held-back',
    conclusion:
      'The icon should show 4 but shows 3: several changes came at once, and the newest goes out at 2026-01-02T12:00:02Z.',
    remedy: null,
  },
  {
    what: 'a change down where each push is visible',
    icon: { wanted: 1, presentation: 'notification', hold_until: seconds(50) },
    verdict: 'held-back',
    conclusion:
      'The icon should show 1 but shows 3: changes down are gathered to one a minute where each push is visible, and the newest goes out at 2026-01-02T12:00:50Z.',
    remedy: null,
  },
  {
    what: 'the proxy is disabled',
    icon: behind,
    proxy: { enabled: false },
    verdict: 'disabled',
    conclusion: 'The icon should show 4 but shows 3: the proxy is disabled, so nothing is published.',
    remedy: /proxy enable/,
  },
  {
    what: 'a disabled proxy whose badge is right',
    proxy: { enabled: false },
    verdict: 'right',
    conclusion: 'The icon shows 3, which is right: APNs accepted it at 2026-01-02T11:59:01Z as A-1.',
    remedy: null,
  },
  {
    what: 'trust was never connected',
    icon: { ...behind, accepted_badge: null, shown_at: null, attempt_at: null },
    proxy: { connected: false },
    verdict: 'not-connected',
    conclusion:
      'The icon should show 4 and has not been sent anything yet: the proxy is not connected to a relay.',
    remedy: /trust connect/,
  },
  {
    what: 'no process runs',
    icon: { ...behind, last_outcome: 'provider-throttled', last_outcome_at: seconds(-30) },
    proxy: { node: { name: 'mail-1', running: false, seenAt: seconds(-600) } },
    verdict: 'not-running',
    conclusion:
      'The icon should show 4 but shows 3: no proxy is running since 2026-01-02T11:50:00Z, so nothing is counted or published.',
    remedy: /proxy serve/,
  },
  {
    what: 'no process runs, and the badge was right',
    proxy: { node: { name: 'mail-1', running: false, seenAt: seconds(-600) } },
    verdict: 'not-running',
    conclusion:
      'The icon shows 3, which was right when last counted: no proxy is running since 2026-01-02T11:50:00Z, so nothing is counted or published.',
    remedy: /proxy serve/,
  },
  {
    what: 'the target is not known any more',
    icon: { ...behind, paused_at: seconds(-500), paused_reason: 'target-invalid' },
    verdict: 'paused',
    conclusion:
      'The icon should show 4 but shows 3: nothing is published to it since 2026-01-02T11:51:40Z, because the push service does not know the device any more (target-invalid).',
    remedy: /turn the badge on again/,
  },
  {
    what: 'endings are frozen, and this device is one of them',
    icon: { ...behind, last_outcome: 'target-gone', last_outcome_at: seconds(-20), retry_at: seconds(3000) },
    proxy: { endingsFrozenAt: seconds(-20) },
    verdict: 'endings-frozen',
    conclusion:
      'The icon should show 4 but shows 3: the push service says that the device is gone, but endings are frozen since 2026-01-02T11:59:40Z because too many came at once.',
    remedy: /thaw/,
  },
  {
    what: 'the device is gone',
    icon: { shown: null, ended_at: seconds(-100), ended_reason: 'target-gone' },
    subscription: { ended_at: seconds(-100), ended_reason: 'target-gone' },
    verdict: 'ended',
    conclusion: 'The icon ended at 2026-01-02T11:58:20Z: the push service said that the device is gone.',
    remedy: /restore --reason target-gone/,
  },
  {
    what: 'the badge was turned off',
    icon: { wanted: 0, shown: 0, ended_at: seconds(-100), ended_reason: 'no-subscription' },
    subscription: { ended_at: seconds(-101), ended_reason: 'unsubscribed' },
    verdict: 'ended',
    conclusion: 'The icon ended at 2026-01-02T11:58:20Z: the badge was turned off.',
    remedy: /turn the badge on/,
  },
  {
    what: 'the subscription expired',
    icon: { wanted: 0, shown: 0, ended_at: seconds(-100), ended_reason: 'no-subscription' },
    subscription: { ended_at: seconds(-101), ended_reason: 'expired' },
    verdict: 'ended',
    conclusion:
      'The icon ended at 2026-01-02T11:58:20Z: the app was not opened for a whole lifetime of a subscription.',
    remedy: /turn the badge on/,
  },
  {
    what: 'the device has a newer icon',
    icon: { ended_at: seconds(-100), ended_reason: 'target-replaced' },
    verdict: 'ended',
    conclusion:
      'The icon ended at 2026-01-02T11:58:20Z: its device registered anew, and another icon took its place.',
    remedy: null,
  },
  {
    what: 'never counted, as the mail server is away',
    icon: { wanted: null, shown: null, accepted_badge: null, shown_at: null, attempt_at: null },
    mailbox: { unseen: null, state: 'unreachable', state_detail: 'the host does not answer (ETIMEDOUT)' },
    subscription: { count: null },
    verdict: 'not-counted',
    conclusion:
      'What the icon should show is not known: anna@fabrikam.com cannot be counted since 2026-01-02T09:30:00Z: the host does not answer (ETIMEDOUT).',
    remedy: /mail server/,
  },
  {
    what: 'not counted yet',
    icon: { wanted: null, shown: null, accepted_badge: null, shown_at: null, attempt_at: null },
    mailbox: { unseen: null },
    subscription: { count: null },
    verdict: 'not-counted',
    conclusion: 'What the icon should show is not known: anna@fabrikam.com has not been counted yet.',
    remedy: null,
  },
  {
    what: 'the last count is old, as the password was changed',
    mailbox: { state: 'refused', state_detail: 'the mail server refuses the user name or password' },
    verdict: 'right-but-unwatched',
    conclusion:
      'The icon shows 3, which was right when last counted, but the mail server refuses the credential for anna@fabrikam.com since 2026-01-02T09:30:00Z: the mail server refuses the user name or password.',
    remedy: /sign in again/,
  },
  {
    what: 'the mailbox is gone',
    mailbox: { state: 'gone', state_detail: null },
    verdict: 'right-but-unwatched',
    conclusion:
      'The icon shows 3, which was right when last counted, but the mail server says since 2026-01-02T09:30:00Z that anna@fabrikam.com does not exist.',
    remedy: /mailboxes\.name/,
  },
  {
    what: 'the device says otherwise',
    icon: { reported_badge: 0, reported_at: seconds(-10) },
    verdict: 'reported-otherwise',
    conclusion:
      'The icon should show 3, and APNs took that, but the app on the device said at 2026-01-02T11:59:50Z that it shows no badge.',
    remedy: /notification settings/,
  },
  {
    what: 'the same badge once more, after the device said otherwise',
    icon: { shown: null, changed_at: seconds(-3) },
    verdict: 'going',
    conclusion: 'The icon should show 3, which is being sent once more: it is going out now.',
    remedy: null,
  },
  {
    what: 'a change of this moment',
    icon: { ...behind, changed_at: seconds(-1) },
    verdict: 'going',
    conclusion: 'The icon should show 4 but shows 3: it is going out now.',
    remedy: null,
  },
  {
    what: 'due for long, and nobody took it',
    icon: { ...behind, changed_at: seconds(-600) },
    verdict: 'waiting',
    conclusion:
      'The icon should show 4 but shows 3: it could go out since 2026-01-02T11:50:00Z, and the publisher has not taken it.',
    remedy: /doctor/,
  },
  {
    what: 'what the device itself said last is what it shows',
    icon: { ...behind, changed_at: seconds(-1), reported_badge: 2, reported_at: seconds(-5) },
    verdict: 'going',
    conclusion: 'The icon should show 4 but shows 2: it is going out now.',
    remedy: null,
  },
];

for (const { what, icon, mailbox, subscription, proxy, verdict, conclusion, remedy } of situations) {
  test(`${what}: ${verdict}`, () => {
    const given = facts(icon, { mailbox: mailbox ?? {}, subscription: subscription ?? {} });
    const explained = explainIcon(given, { ...running, ...proxy }, now);
    assert.equal(explained.conclusion, conclusion);
    assert.equal(explained.verdict, verdict);
    if (remedy === null) assert.equal(explained.remedy, null);
    else assert.match(explained.remedy ?? '', remedy);
  });
}

test('facts stand in the order of a badge’s way, with their times', () => {
  const { facts: told } = explainIcon(
    facts({
      ...behind,
      last_outcome: 'provider-throttled',
      last_outcome_at: seconds(-30),
      retry_at: seconds(30),
      deferrals: 2,
      reported_badge: 3,
      reported_at: seconds(-20),
    }),
    { ...running, enabled: false, endingsFrozenAt: seconds(-5) },
    now,
  );
  assert.deepEqual(
    told.map(({ at, stage, text }) => [at === null ? null : (at - now) / 1000, stage, text]),
    [
      [-9000, 'mailbox', 'anna@fabrikam.com is watched'],
      [-60, 'mailbox', 'last event of anna@fabrikam.com: the mail server told of a change'],
      [-60, 'count', 'anna@fabrikam.com has 3 unseen'],
      [
        -90_000,
        'subscription',
        'anna@fabrikam.com (policy unseen) adds 3; it ends at 2026-01-12T22:00:00Z unless the app is opened',
      ],
      [
        -40,
        'icon',
        `com.fabrikam.mail on Anna’s phone, installation phone-01: wants 4, change 7, trace ${'f'.repeat(32)}`,
      ],
      [-60, 'publishing', 'latest attempt: 3'],
      [-30, 'publishing', 'last deferred: provider-throttled, the push service wants fewer notifications'],
      [30, 'publishing', 'not published before this time (deferred 2 times in a row)'],
      [-59, 'provider', 'APNs accepted 3 as A-1'],
      [-20, 'device', 'the app was opened and said that it shows 3'],
      [-3, 'proxy', 'runs on mail-1'],
      [null, 'proxy', 'is disabled: it counts, and publishes nothing'],
      [-5, 'proxy', 'endings are frozen: no subscription ends by itself'],
    ],
  );
});

test('a mailbox with several icons is explained by the one in most trouble', () => {
  const explained = explainMailbox(
    annas,
    [
      facts(),
      facts({ id: 'icon-2', ...behind, changed_at: seconds(-1) }),
      facts({ id: 'icon-3', ...behind, paused_at: seconds(-500), paused_reason: 'target-revoked' }),
    ],
    running,
    now,
  );
  assert.match(
    explained.conclusion,
    /^1 of 3 icons of anna@fabrikam\.com are right\. Icon icon-3: The icon should show 4 but shows 3: nothing is published/,
  );
  assert.equal(explained.of, 'anna@fabrikam.com');
  assert.equal(explained.facts.filter(({ text }) => text === 'anna@fabrikam.com has 3 unseen').length, 1);
});

test('a mailbox with one icon says no more than that icon', () => {
  assert.equal(
    explainMailbox(annas, [facts()], running, now).conclusion,
    'The icon shows 3, which is right: APNs accepted it at 2026-01-02T11:59:01Z as A-1.',
  );
});

test('a mailbox that no icon shows: never turned on, or ended', () => {
  const never = explainMailbox(annas, [], running, now);
  assert.equal(never.verdict, 'no-icon');
  assert.match(never.conclusion, /no device has turned its badge on/);
  const ended = facts(
    { ended_at: seconds(-100), ended_reason: 'no-subscription' },
    { subscription: { ended_at: seconds(-101), ended_reason: 'signed-out' } },
  );
  const gone = explainMailbox(annas, [ended], running, now);
  assert.equal(
    gone.conclusion,
    'No icon shows anna@fabrikam.com any more: the person signed out on the device (signed-out).',
  );
  assert.match(gone.facts.map(({ text }) => text).join(), /ended: the person signed out/);
});

test('every reason that can be stored has words', () => {
  for (const code of [...rejectionReasons, ...deferralReasons, ...Object.keys(errorCodes)]) {
    const { words } = outcomeReason(code);
    assert.ok(words.length > 5 && !words.endsWith('.'), code);
  }
  assert.equal(outcomeReason('of-a-newer-relay').kind, 'not-sent');
});

test('that previews are wanted is said, and nothing of what they show', () => {
  const { facts: told } = explainIcon(facts({}, { subscription: { previews: 1 } }), running, now);
  const [, , , subscription] = told;
  assert.match(subscription?.text ?? '', /^anna@fabrikam\.com \(policy unseen, preview: on\) adds 3;/);
});
