// What is stored about a badge: the rows that `why` judges. No secret and no push target is among them.

import type { IconTable, MailboxTable, SubscriptionTable } from '../../database/schema.ts';

export const mailboxColumns = [
  'id',
  'unseen',
  'counted_at',
  'last_event_at',
  'last_event_cause',
  'state',
  'state_detail',
  'state_at',
] as const satisfies readonly (keyof MailboxTable)[];

export const iconColumns = [
  'id',
  'app_id',
  'installation_id',
  'provider',
  'presentation',
  'wanted',
  'rev',
  'shown',
  'accepted_badge',
  'shown_at',
  'provider_id',
  'attempt_id',
  'attempt_badge',
  'attempt_at',
  'attempt_blocks_until',
  'retry_at',
  'hold_until',
  'repeat_at',
  'deferrals',
  'last_outcome',
  'last_outcome_at',
  'trace_id',
  'changed_at',
  'reported_badge',
  'reported_at',
  'paused_at',
  'paused_reason',
  'closing_at',
  'ended_at',
  'ended_reason',
] as const satisfies readonly (keyof IconTable)[];

export type StoredMailbox = Pick<MailboxTable, (typeof mailboxColumns)[number]>;
export type StoredIcon = Pick<IconTable, (typeof iconColumns)[number]>;
export type StoredSubscription = Pick<
  SubscriptionTable,
  | 'id'
  | 'policy'
  | 'previews'
  | 'count'
  | 'created_at'
  | 'renewed_at'
  | 'expires_at'
  | 'ended_at'
  | 'ended_reason'
>;

/** An icon with its subscriptions, live and ended, and the mailboxes that they count. */
export type IconFacts = {
  icon: StoredIcon;
  deviceName: string | null;
  subscriptions: (StoredSubscription & { mailbox: StoredMailbox })[];
};

/** What stands between every icon and its badge. */
export type ProxyFacts = {
  enabled: boolean;
  /** Whether `trust connect` has been run. */
  connected: boolean;
  endingsFrozenAt: number | null;
  /** The process that was seen last; undefined when none ever was. */
  node: { name: string; running: boolean; seenAt: number } | undefined;
};

export function liveSubscriptions({ subscriptions }: IconFacts): IconFacts['subscriptions'] {
  return subscriptions.filter(subscription => subscription.ended_at === null);
}
