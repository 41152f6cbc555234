// Icons and subscriptions: who wants a mailbox's count, and what its icon should show.

import type { Kysely, Transaction } from 'kysely';
import type { CountPolicy, Subscription } from '../../contract/devices.ts';
import type { Presentation, WebPushKeys } from '../../contract/push-targets.ts';
import type { TargetDescription } from '../../contract/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { MailboxCounted } from '../unseen/mailbox-counted.ts';

export type SubscriptionsOptions = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  events: ProxyEvents;
  lifetimeMs: number;
  perMailbox: number;
  /** Called after a commit that may have made icons due (publisher.wake). */
  iconsChanged(): void;
  /** Called after a commit that changed which mailboxes are subscribed (unseenCounter.subscriptionsChanged). */
  mailboxesChanged(): void;
};

export type SubscribeRequest = {
  mailboxId: string;
  installationId: string;
  appId: string;
  sealedTarget: string;
  /** What the relay says of the sealed target: a device's word is not enough. */
  target: TargetDescription;
  policy: CountPolicy;
  presentation: Presentation;
  keys?: WebPushKeys | undefined;
};

/** A subscription with the device it belongs to. */
export type ListedSubscription = Subscription & { installationId: string };

export declare class Subscriptions implements AsyncDisposable {
  constructor(options: SubscriptionsOptions);
  /** Begins the housekeeping: expiry, mailboxes that are gone, the census. */
  start(): Promise<void>;
  /** For UnseenCounter. */
  applyCounts(transaction: Transaction<ProxySchema>, counted: readonly MailboxCounted[]): Promise<void>;
  /** For Publisher: ends the icon, softly, unless too many go at once. */
  targetGone(transaction: Transaction<ProxySchema>, iconId: string): Promise<'ended' | 'frozen'>;
  /** For Publisher: these icons have just been answered; a closing one that shows its final badge ends. */
  iconsSettled(transaction: Transaction<ProxySchema>, iconIds: readonly string[]): Promise<void>;
  /** Creates or renews. Throws `subscription-limit`. */
  subscribe(request: SubscribeRequest): Promise<Subscription>;
  /** The app was opened: renews the icon's subscriptions. Throws `icon-not-found`. */
  opened(request: {
    iconId: string;
    mailboxId: string;
    installationId: string;
    badge?: number | undefined;
  }): Promise<{ badge: number; rev: number }>;
  /** Throws `subscription-not-found` when the mailbox has no such live subscription. */
  unsubscribe(request: { subscriptionId: string; mailboxId: string }): Promise<void>;
  /** Ends all of one device's subscriptions to a mailbox (sign-out, removal from the list). */
  endDevice(request: { mailboxId: string; installationId: string; reason: string }): Promise<void>;
  /** Live ones and those that ended within the last 30 days, newest first. */
  list(mailboxId: string): Promise<ListedSubscription[]>;
  expiringWithin(ms: number): Promise<ListedSubscription[]>;
  /** Undo: brings back what ended since then for that reason. Answers how many. */
  restore(request: { reason: string; since: number }): Promise<number>;
  /** Lifts the freeze that a burst of endings set. */
  thawEndings(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
