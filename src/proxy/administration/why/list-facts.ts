// The facts behind a verdict, stage by stage in the order of a badge's way, each with its time.

import type { Why } from '../../../contract/console/proxy-console.ts';
import type { IconFacts, ProxyFacts, StoredMailbox } from './badge-facts.ts';
import { utc } from './judge-icon.ts';
import { endReason, outcomeReason, providerNames } from './reason-words.ts';

export type Fact = Why['facts'][number];

const causes: Record<string, string> = {
  event: 'the mail server told of a change',
  recount: 'the mailbox was counted again',
  reconnect: 'it was counted after the connection came back',
};

export function mailboxFacts(mailbox: StoredMailbox): Fact[] {
  const { id, last_event_cause: cause, state_detail: detail } = mailbox;
  const facts: Fact[] = [
    {
      at: mailbox.state_at,
      stage: 'mailbox',
      text: `${id} is ${mailbox.state}${detail === null ? '' : `: ${detail}`}`,
    },
  ];
  if (mailbox.last_event_at !== null) {
    facts.push({
      at: mailbox.last_event_at,
      stage: 'mailbox',
      text: `last event of ${id}: ${cause === null ? 'unknown' : (causes[cause] ?? cause)}`,
    });
  }
  facts.push(
    mailbox.unseen === null
      ? { at: null, stage: 'count', text: `${id} has never been counted` }
      : { at: mailbox.counted_at, stage: 'count', text: `${id} has ${mailbox.unseen} unseen` },
  );
  return facts;
}

export function subscriptionFacts({ subscriptions }: Pick<IconFacts, 'subscriptions'>): Fact[] {
  return subscriptions.map(({ mailbox, ...subscription }) => {
    const previews = subscription.previews === 1 ? ', preview: on' : '';
    const about = `${mailbox.id} (policy ${subscription.policy}${previews})`;
    if (subscription.ended_at !== null) {
      const { words } = endReason(subscription.ended_reason);
      return {
        at: subscription.ended_at,
        stage: 'subscription',
        text: `${about} ended: ${words} (${subscription.ended_reason})`,
      };
    }
    const adds = subscription.count === null ? 'is not counted yet' : `adds ${subscription.count}`;
    return {
      at: subscription.renewed_at,
      stage: 'subscription',
      text: `${about} ${adds}; it ends at ${utc(subscription.expires_at)} unless the app is opened`,
    };
  });
}

export function iconFacts({ icon, deviceName }: IconFacts): Fact[] {
  const facts: Fact[] = [];
  const add = (at: number | null, stage: string, text: string): void => void facts.push({ at, stage, text });
  const name = deviceName === null ? '' : ` on ${deviceName}`;
  add(
    icon.changed_at,
    'icon',
    `${icon.app_id}${name}, installation ${icon.installation_id}: wants ${icon.wanted ?? 'nothing yet'}, change ${icon.rev}${icon.trace_id === null ? '' : `, trace ${icon.trace_id}`}`,
  );
  if (icon.closing_at !== null)
    add(icon.closing_at, 'icon', 'its last subscription ended: a last 0 goes out');
  if (icon.ended_at !== null) add(icon.ended_at, 'icon', `the icon ended (${icon.ended_reason})`);
  if (icon.paused_at !== null) add(icon.paused_at, 'publishing', `paused: ${icon.paused_reason}`);
  if (icon.attempt_at !== null) {
    const open =
      icon.attempt_id === null ? '' : `; it blocks the icon until ${utc(icon.attempt_blocks_until ?? 0)}`;
    add(icon.attempt_at, 'publishing', `latest attempt: ${icon.attempt_badge}${open}`);
  }
  if (icon.last_outcome !== null) {
    const { kind, words } = outcomeReason(icon.last_outcome);
    const said = { rejected: 'last rejected', deferred: 'last deferred', 'not-sent': 'last not sent' }[kind];
    add(icon.last_outcome_at, 'publishing', `${said}: ${icon.last_outcome}, ${words}`);
  }
  const { retry_at, hold_until, repeat_at } = icon;
  const deferred = icon.deferrals === 0 ? '' : ` (deferred ${icon.deferrals} times in a row)`;
  if (retry_at > icon.changed_at) add(retry_at, 'publishing', `not published before this time${deferred}`);
  if (hold_until > icon.changed_at) add(hold_until, 'publishing', 'changes are gathered until this time');
  if (repeat_at !== null)
    add(repeat_at, 'publishing', 'the same badge is sent once more, as no push service promises order');
  if (icon.shown_at !== null) {
    add(
      icon.shown_at,
      'provider',
      `${providerNames[icon.provider] ?? icon.provider} accepted ${icon.accepted_badge ?? 'a badge'}${icon.provider_id === null ? '' : ` as ${icon.provider_id}`}`,
    );
  }
  if (icon.reported_at !== null) {
    add(icon.reported_at, 'device', `the app was opened and said that it shows ${icon.reported_badge}`);
  }
  return facts;
}

export function proxyFacts({ enabled, connected, endingsFrozenAt, node }: ProxyFacts): Fact[] {
  const facts: Fact[] = [];
  if (node !== undefined) {
    const text = node.running ? `runs on ${node.name}` : `last ran on ${node.name}, and does not now`;
    facts.push({ at: node.seenAt, stage: 'proxy', text });
  }
  if (!enabled)
    facts.push({ at: null, stage: 'proxy', text: 'is disabled: it counts, and publishes nothing' });
  if (!connected) facts.push({ at: null, stage: 'proxy', text: 'is not connected to a relay' });
  if (endingsFrozenAt !== null) {
    facts.push({
      at: endingsFrozenAt,
      stage: 'proxy',
      text: 'endings are frozen: no subscription ends by itself',
    });
  }
  return facts;
}
