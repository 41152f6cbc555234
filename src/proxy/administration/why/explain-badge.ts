// What `why` answers, from stored rows alone: a conclusion in one sentence, what to do where somebody can, and the
// facts by stage. A mailbox is explained by its icons, the one in most trouble first.

import type { Why } from '../../../contract/console/proxy-console.ts';
import { type IconFacts, liveSubscriptions, type ProxyFacts, type StoredMailbox } from './badge-facts.ts';
import { judgeIcon, mailboxTrouble, type Verdict, type VerdictName } from './judge-icon.ts';
import { type Fact, iconFacts, mailboxFacts, proxyFacts, subscriptionFacts } from './list-facts.ts';
import { endReason } from './reason-words.ts';

export type Explanation = Why & { verdict: VerdictName | 'no-icon' };

const harmless: ReadonlySet<VerdictName> = new Set(['right', 'ended']);
const passing: ReadonlySet<VerdictName> = new Set(['going', 'under-way', 'held-back']);

export function explainIcon(facts: IconFacts, proxy: ProxyFacts, now: number): Explanation {
  const { name, conclusion, remedy } = judgeIcon(facts, proxy, now);
  const mailboxes = new Map(facts.subscriptions.map(({ mailbox }) => [mailbox.id, mailbox]));
  return {
    of: facts.icon.id,
    verdict: name,
    conclusion,
    remedy,
    facts: inOrder([
      ...[...mailboxes.values()].flatMap(mailboxFacts),
      ...subscriptionFacts(facts),
      ...iconFacts(facts),
      ...proxyFacts(proxy),
    ]),
  };
}

/** `icons`: every icon that has, or had, a subscription to the mailbox. */
export function explainMailbox(
  mailbox: StoredMailbox,
  icons: readonly IconFacts[],
  proxy: ProxyFacts,
  now: number,
): Explanation {
  const live = icons.filter(
    facts =>
      facts.icon.ended_at === null &&
      liveSubscriptions(facts).some(subscription => subscription.mailbox.id === mailbox.id),
  );
  if (live.length === 0) return withoutIcon(mailbox, icons, proxy);
  const judged = live
    .map(facts => ({ facts, verdict: judgeIcon(facts, proxy, now) }))
    .sort((a, b) => trouble(b.verdict) - trouble(a.verdict));
  const [worst] = judged;
  if (worst === undefined) return withoutIcon(mailbox, icons, proxy);
  const { verdict } = worst;
  const well = judged.filter(({ verdict }) => harmless.has(verdict.name)).length;
  const others =
    judged.length === 1
      ? ''
      : well === judged.length
        ? `All ${judged.length} icons of ${mailbox.id} are right. Icon ${worst.facts.icon.id}: `
        : `${well} of ${judged.length} icons of ${mailbox.id} are right. Icon ${worst.facts.icon.id}: `;
  return {
    of: mailbox.id,
    verdict: verdict.name,
    conclusion: `${others}${verdict.conclusion}`,
    remedy: verdict.remedy,
    facts: inOrder([
      ...mailboxFacts(mailbox),
      ...judged.flatMap(({ facts }) => [
        ...named(facts, judged.length > 1, [...subscriptionFacts(facts), ...iconFacts(facts)]),
      ]),
      ...proxyFacts(proxy),
    ]),
  };
}

function withoutIcon(mailbox: StoredMailbox, icons: readonly IconFacts[], proxy: ProxyFacts): Explanation {
  const ended = icons
    .flatMap(facts => facts.subscriptions)
    .filter(subscription => subscription.mailbox.id === mailbox.id && subscription.ended_at !== null)
    .sort((a, b) => (b.ended_at ?? 0) - (a.ended_at ?? 0));
  const [last] = ended;
  const reason = endReason(last?.ended_reason ?? null);
  const state = mailboxTrouble(mailbox);
  return {
    of: mailbox.id,
    verdict: 'no-icon',
    conclusion:
      last === undefined
        ? `No icon shows ${mailbox.id}: somebody signed in, but no device has turned its badge on.`
        : `No icon shows ${mailbox.id} any more: ${reason.words} (${last.ended_reason}).`,
    remedy:
      (last === undefined ? 'open the app on the device and turn the badge on' : reason.remedy) ??
      state?.remedy ??
      null,
    facts: inOrder([
      ...mailboxFacts(mailbox),
      ...subscriptionFacts({ subscriptions: ended }),
      ...proxyFacts(proxy),
    ]),
  };
}

function trouble({ name }: Verdict): number {
  return harmless.has(name) ? 0 : passing.has(name) ? 1 : 2;
}

/** Several icons' facts stand together: each says whose it is. */
function named({ icon }: IconFacts, several: boolean, facts: Fact[]): Fact[] {
  return several ? facts.map(fact => ({ ...fact, text: `${icon.id}: ${fact.text}` })) : facts;
}

const stages = ['mailbox', 'count', 'subscription', 'icon', 'publishing', 'provider', 'device', 'proxy'];

/** By stage; within one as they came. */
function inOrder(facts: readonly Fact[]): Fact[] {
  return facts.toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
}
