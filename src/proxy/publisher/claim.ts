// One attempt, as the process that makes it holds it in memory until it is answered or may be forgotten.
// What is in the database is enough for everything else: a process that starts knows no claims.

import type { Language } from '../../contract/languages.ts';
import type { PayloadForm, Presentation, WebPushKeys } from '../../contract/push-targets.ts';
import type { MessageSummary } from '../mailboxes/mailbox-source.ts';

/** A message of one of the icon's mailboxes. */
export type InboxMessage = { mailboxId: string; message: MessageSummary };

/** The newest message that an accepted badge of the icon came with. */
export type ToldMessage = { receivedAt: number; uid: number };

export type Claim = {
  attemptId: string;
  iconId: string;
  appId: string;
  provider: string;
  /** The registration that the attempt goes to; a later one must not be judged by its outcome. */
  sealedTarget: string;
  targetId: string;
  /** Of a Web Push subscription. */
  keys: WebPushKeys | undefined;
  form: PayloadForm;
  language: Language;
  /**
   * Undefined where no subscription of the icon wants previews; else the newest unseen message of those that do, and the
   * newest that the icon was told of before.
   */
  previews: { newest: InboxMessage | undefined; told: ToldMessage | undefined } | undefined;
  /** That a native app made for previews. */
  previewKeys: WebPushKeys | undefined;
  collapseKey: string;
  presentation: Presentation;
  badge: number;
  rev: number;
  /** What the provider last accepted for this device. */
  acceptedBadge: number | null;
  repetition: boolean;
  traceId: string;
  /** When the event was seen that led to this badge. */
  changedAt: number;
  expiresAt: number;
};
