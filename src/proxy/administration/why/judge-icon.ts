// Why an icon shows what it shows: one verdict from stored facts alone. The rules stand in the order in which one cause
// hides the next, and the first that applies is the verdict: a device that is gone needs no publisher, a proxy that
// does not run explains every wait.

import { type IconFacts, liveSubscriptions, type ProxyFacts } from './badge-facts.ts';
import { endReason, outcomeReason, providerNames } from './reason-words.ts';

export type VerdictName =
  | 'right'
  | 'right-but-unwatched'
  | 'reported-otherwise'
  | 'ended'
  | 'paused'
  | 'not-counted'
  | 'not-running'
  | 'disabled'
  | 'not-connected'
  | 'stuck'
  | 'outcome-unknown'
  | 'under-way'
  | 'endings-frozen'
  | 'held-back'
  | 'rejected'
  | 'deferred'
  | 'relay-unusable'
  | 'going'
  | 'waiting';

export type Verdict = { name: VerdictName; conclusion: string; remedy: string | null };

type Rule = (facts: IconFacts, proxy: ProxyFacts, now: number) => Verdict | undefined;

/** A due badge goes at once; longer than this, and something holds it that is not stored. */
const soonMs = 15_000;
/** The publisher clears an attempt within seconds of its time. */
const clearingMs = 60_000;

export function judgeIcon(facts: IconFacts, proxy: ProxyFacts, now: number): Verdict {
  for (const rule of rules) {
    const verdict = rule(facts, proxy, now);
    if (verdict !== undefined) return verdict;
  }
  return right(facts);
}

const ended: Rule = ({ icon, subscriptions }) => {
  if (icon.ended_at === null) return undefined;
  if (icon.ended_reason === 'target-replaced') {
    return {
      name: 'ended',
      conclusion: `The icon ended at ${utc(icon.ended_at)}: its device registered anew, and another icon took its place.`,
      remedy: null,
    };
  }
  const last = subscriptions.toSorted((a, b) => (b.ended_at ?? 0) - (a.ended_at ?? 0))[0];
  const own = icon.ended_reason === 'no-subscription' ? (last?.ended_reason ?? null) : icon.ended_reason;
  const { words, remedy } = endReason(own);
  return { name: 'ended', conclusion: `The icon ended at ${utc(icon.ended_at)}: ${words}.`, remedy };
};

const paused: Rule = ({ icon }) => {
  if (icon.paused_at === null) return undefined;
  const { words, remedy } = outcomeReason(icon.paused_reason ?? '');
  return {
    name: 'paused',
    conclusion: `${comparison(icon)}: nothing is published to it since ${utc(icon.paused_at)}, because ${words} (${icon.paused_reason}).`,
    remedy,
  };
};

const notRunning: Rule = ({ icon }, { node }) => {
  if (node === undefined || node.running) return undefined;
  return {
    name: 'not-running',
    conclusion: `${comparison(icon)}: no proxy is running since ${utc(node.seenAt)}, so nothing is counted or published.`,
    remedy: 'start the proxy: "mailbadge proxy serve"',
  };
};

const notCounted: Rule = facts => {
  if (facts.icon.wanted !== null) return undefined;
  const uncounted = liveSubscriptions(facts).find(subscription => subscription.count === null)?.mailbox;
  const trouble = uncounted === undefined ? undefined : mailboxTrouble(uncounted);
  return {
    name: 'not-counted',
    conclusion: `What the icon should show is not known: ${trouble?.words ?? `${uncounted?.id ?? 'its mailbox'} has not been counted yet`}.`,
    remedy: trouble?.remedy ?? null,
  };
};

const disabled: Rule = ({ icon }, { enabled }) => {
  if (enabled || isRight(icon)) return undefined;
  return {
    name: 'disabled',
    conclusion: `${comparison(icon)}: the proxy is disabled, so nothing is published.`,
    remedy: 'run "mailbadge proxy enable"',
  };
};

const notConnected: Rule = ({ icon }, { connected }) => {
  if (connected || isRight(icon)) return undefined;
  return {
    name: 'not-connected',
    conclusion: `${comparison(icon)}: the proxy is not connected to a relay.`,
    remedy: 'run "mailbadge proxy trust set-up", then "mailbadge proxy trust connect"',
  };
};

const attempt: Rule = ({ icon }, _proxy, now) => {
  if (icon.attempt_id === null) return undefined;
  const until = icon.attempt_blocks_until ?? 0;
  const sent = `${icon.attempt_badge} was sent at ${utc(icon.attempt_at ?? 0)}`;
  if (now > until + clearingMs) {
    return {
      name: 'stuck',
      conclusion: `${comparison(icon)}: ${sent}, and its attempt should have been cleared at ${utc(until)}, but was not.`,
      remedy: 'look at the proxy’s log, and start the proxy again',
    };
  }
  const answered = icon.last_outcome !== null && (icon.last_outcome_at ?? 0) >= (icon.attempt_at ?? 0);
  if (answered) {
    return {
      name: 'outcome-unknown',
      conclusion: `${comparison(icon)}: ${sent}, ${outcomeReason(icon.last_outcome ?? '').words} (${icon.last_outcome}), and it is sent again after ${utc(until)}.`,
      remedy: null,
    };
  }
  // Why it was not taken until now is still the cause: a probe of a relay that is down mends nothing yet.
  const earlier = refusalOf(icon, `tried again at ${utc(icon.attempt_at ?? 0)}, not answered yet`);
  if (earlier !== undefined) return earlier;
  return {
    name: 'under-way',
    conclusion: `${comparison(icon)}: ${sent} and not answered yet; without an answer it is sent again after ${utc(until)}.`,
    remedy: null,
  };
};

const frozen: Rule = ({ icon }, { endingsFrozenAt }) => {
  if (endingsFrozenAt === null || isRight(icon) || icon.last_outcome !== 'target-gone') return undefined;
  return {
    name: 'endings-frozen',
    conclusion: `${comparison(icon)}: the push service says that the device is gone, but endings are frozen since ${utc(endingsFrozenAt)} because too many came at once.`,
    remedy: 'find out why so many devices were reported gone, then run "mailbadge proxy subscription thaw"',
  };
};

const heldBack: Rule = ({ icon }, _proxy, now) => {
  if (isRight(icon) || icon.hold_until <= now) return undefined;
  const because =
    icon.presentation === 'notification'
      ? 'changes down are gathered to one a minute where each push is visible'
      : 'several changes came at once';
  return {
    name: 'held-back',
    conclusion: `${comparison(icon)}: ${because}, and the newest goes out at ${utc(icon.hold_until)}.`,
    remedy: null,
  };
};

const refused: Rule = ({ icon }, _proxy, now) =>
  isRight(icon)
    ? undefined
    : refusalOf(icon, icon.retry_at > now ? `next try at ${utc(icon.retry_at)}` : 'the next try is due now');

/** What became of the last try, where nothing was accepted since; `next` says what comes after it. */
function refusalOf(icon: IconFacts['icon'], next: string): Verdict | undefined {
  if (icon.last_outcome === null || (icon.last_outcome_at ?? 0) <= (icon.shown_at ?? 0)) return undefined;
  const { kind, words, remedy } = outcomeReason(icon.last_outcome);
  if (kind === 'not-sent') {
    return {
      name: 'relay-unusable',
      conclusion: `${comparison(icon)}: the relay cannot be used (${icon.last_outcome}), as of ${utc(icon.last_outcome_at ?? 0)}; ${next}.`,
      remedy: remedy ?? 'run "mailbadge proxy doctor"',
    };
  }
  return {
    name: kind,
    conclusion: `${comparison(icon)}: the relay ${kind} it with ${icon.last_outcome} (${words}), ${next}.`,
    remedy,
  };
}

const waiting: Rule = ({ icon }, _proxy, now) => {
  if (isRight(icon)) return undefined;
  const since = Math.max(icon.changed_at, icon.retry_at, icon.hold_until);
  if (icon.retry_at > now) {
    return {
      name: 'waiting',
      conclusion: `${comparison(icon)}: an attempt to the same device must end first, at ${utc(icon.retry_at)}.`,
      remedy: null,
    };
  }
  if (now - since <= soonMs) {
    return { name: 'going', conclusion: `${comparison(icon)}: it is going out now.`, remedy: null };
  }
  return {
    name: 'waiting',
    conclusion: `${comparison(icon)}: it could go out since ${utc(since)}, and the publisher has not taken it.`,
    remedy: 'run "mailbadge proxy doctor": the relay cannot be used, or the proxy is stalled',
  };
};

/** It shows the last count, and counting is in trouble. */
const unwatched: Rule = facts => {
  const troubles = liveSubscriptions(facts).flatMap(({ mailbox }) => mailboxTrouble(mailbox) ?? []);
  const [trouble] = troubles;
  if (trouble === undefined) return undefined;
  return {
    name: 'right-but-unwatched',
    conclusion: `The icon shows ${badgeText(facts.icon.wanted)}, which was right when last counted, but ${trouble.words}.`,
    remedy: trouble.remedy,
  };
};

const reportedOtherwise: Rule = ({ icon }) => {
  const { reported_at, reported_badge, shown_at, shown } = icon;
  if (reported_at === null || reported_at <= (shown_at ?? 0) || reported_badge === shown) return undefined;
  return {
    name: 'reported-otherwise',
    conclusion: `The icon should show ${badgeText(shown)}, and ${provider(icon)} took that, but the app on the device said at ${utc(reported_at)} that it shows ${badgeText(reported_badge)}.`,
    remedy: 'look at the device’s notification settings: badges may be forbidden for the app',
  };
};

const rules: readonly Rule[] = [
  ended,
  paused,
  notRunning,
  notCounted,
  attempt,
  disabled,
  notConnected,
  frozen,
  heldBack,
  refused,
  waiting,
  unwatched,
  reportedOtherwise,
];

function right({ icon }: IconFacts): Verdict {
  const { shown, shown_at, provider_id } = icon;
  const badge = shown === 0 ? 'no badge' : String(shown);
  return {
    name: 'right',
    conclusion: `The icon shows ${badge}, which is right: ${provider(icon)} accepted it at ${utc(shown_at ?? 0)}${provider_id === null ? '' : ` as ${provider_id}`}.`,
    remedy: null,
  };
}

function isRight({ wanted, shown }: IconFacts['icon']): boolean {
  return shown !== null && shown === wanted;
}

/** "The icon should show 4 but shows 3", as far as it is known. */
function comparison(icon: IconFacts['icon']): string {
  const { wanted } = icon;
  if (isRight(icon)) return `The icon shows ${badgeText(wanted)}, which was right when last counted`;
  const known = knownToShow(icon);
  if (wanted === null) return 'What the icon should show is not known';
  if (known === null) return `The icon should show ${badgeText(wanted)} and has not been sent anything yet`;
  if (known === wanted) return `The icon should show ${badgeText(wanted)}, which is being sent once more`;
  return `The icon should show ${badgeText(wanted)} but shows ${badgeText(known)}`;
}

/** The newest of what the provider accepted and what the device itself said. */
function knownToShow({
  shown,
  accepted_badge,
  shown_at,
  reported_badge,
  reported_at,
}: Pick<IconFacts['icon'], 'shown' | 'accepted_badge' | 'shown_at' | 'reported_badge' | 'reported_at'>):
  | number
  | null {
  return reported_at !== null && reported_at > (shown_at ?? 0) ? reported_badge : (shown ?? accepted_badge);
}

/** Undefined while the mailbox is watched. */
export function mailboxTrouble({
  id,
  state,
  state_detail,
  state_at,
}: {
  id: string;
  state: string;
  state_detail: string | null;
  state_at: number;
}): { words: string; remedy: string } | undefined {
  const detail = state_detail === null ? '' : `: ${state_detail}`;
  switch (state) {
    case 'unreachable':
      return {
        words: `${id} cannot be counted since ${utc(state_at)}${detail}`,
        remedy:
          'mend the way to the mail server; the proxy keeps trying. "mailbadge proxy doctor" looks at it',
      };
    case 'refused':
      return {
        words: `the mail server refuses the credential for ${id} since ${utc(state_at)}${detail}`,
        remedy:
          'let the person sign in again in the app; where the proxy has a credential of its own, mend that',
      };
    case 'gone':
      return {
        words: `the mail server says since ${utc(state_at)} that ${id} does not exist${detail}`,
        remedy: 'if the mailbox does exist, compare mailboxes.name with what the mail server calls it',
      };
    default:
      return undefined;
  }
}

function provider({ provider }: IconFacts['icon']): string {
  return providerNames[provider] ?? provider;
}

function badgeText(badge: number | null): string {
  return badge === 0 ? 'no badge' : String(badge);
}

export function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
