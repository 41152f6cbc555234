// R1 and R2: which icons are due, and the attempts for them, stored with `shown` := unknown before a byte leaves.

import type { Kysely, Transaction } from 'kysely';
import type { Language } from '../../contract/languages.ts';
import type { PayloadForm, Presentation, WebPushKeys } from '../../contract/push-targets.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { NewestMessages } from '../unseen/newest-messages.ts';
import type { Claim } from './claim.ts';
import { releaseAt, takeFromBucket } from './coalescing.ts';
import { wantedPreviews } from './wanted-previews.ts';

/** How long a provider may keep the final badge of an icon that has no subscription any more. */
const finalBadgeMs = 30 * 86_400_000;

/** R1. */
export function dueIcons(db: Kysely<ProxySchema>) {
  return db
    .selectFrom('icon')
    .where('attempt_id', 'is', null)
    .where('paused_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('wanted', 'is not', null)
    .where(({ or, eb, ref }) => or([eb('shown', 'is', null), eb('shown', '<>', ref('wanted'))]));
}

/** Whether there is an icon to claim: committed, due, and not held back. */
export async function anyDue(db: Kysely<ProxySchema>, now: number): Promise<boolean> {
  const due = await dueIcons(db)
    .select('id')
    .where('retry_at', '<=', now)
    .where('hold_until', '<=', now)
    .limit(1)
    .executeTakeFirst();
  return due !== undefined;
}

/** Answers the attempts, and whether more icons may be due than were looked at. */
export async function claimDue(
  transaction: Transaction<ProxySchema>,
  {
    now,
    items,
    blocksUntil,
    epoch,
    random,
    newest,
  }: {
    now: number;
    items: number;
    blocksUntil: number;
    epoch: number;
    random: Random;
    newest: Pick<NewestMessages, 'get'>;
  },
): Promise<{ claims: Claim[]; more: boolean }> {
  const due = await dueIcons(transaction)
    .selectAll()
    .select(({ selectFrom }) =>
      selectFrom('subscription')
        .select(({ fn }) => fn.max('subscription.expires_at').as('last_end'))
        .whereRef('subscription.icon_id', '=', 'icon.id')
        .where('subscription.ended_at', 'is', null)
        .as('last_end'),
    )
    .where('retry_at', '<=', now)
    .where('hold_until', '<=', now)
    .orderBy('retry_at')
    .limit(items)
    .execute();
  const previewsOf = await wantedPreviews(transaction, due, newest);
  const claims: Claim[] = [];
  for (const icon of due) {
    const badge = icon.wanted;
    if (badge === null) continue; // dueIcons selects none such
    const release = releaseAt(icon, now);
    if (release > now) {
      await transaction.updateTable('icon').set({ hold_until: release }).where('id', '=', icon.id).execute();
      continue;
    }
    const attemptId = random.uuid();
    await transaction
      .updateTable('icon')
      .set({
        attempt_id: attemptId,
        attempt_badge: badge,
        attempt_rev: icon.rev,
        attempt_at: now,
        attempt_blocks_until: blocksUntil,
        lease_epoch: epoch,
        shown: null,
        bucket_at: takeFromBucket(icon, now),
      })
      .where('id', '=', icon.id)
      .execute();
    claims.push({
      attemptId,
      iconId: icon.id,
      appId: icon.app_id,
      provider: icon.provider,
      sealedTarget: icon.sealed_target,
      targetId: icon.target_id,
      keys: keysOf(icon.p256dh, icon.auth),
      form: icon.form as PayloadForm,
      language: icon.language as Language,
      previews: previewsOf.get(icon.id),
      previewKeys: keysOf(icon.preview_p256dh, icon.preview_auth),
      collapseKey: icon.collapse_key,
      presentation: icon.presentation as Presentation,
      badge,
      rev: icon.rev,
      acceptedBadge: icon.accepted_badge,
      repetition: icon.repeated_rev === icon.rev,
      traceId: icon.trace_id ?? random.bytes(16).toString('hex'),
      changedAt: icon.changed_at,
      expiresAt: icon.last_end ?? (icon.closing_at ?? now) + finalBadgeMs,
    });
  }
  return { claims, more: due.length === items };
}

function keysOf(p256dh: string | null, auth: string | null): WebPushKeys | undefined {
  return p256dh === null || auth === null ? undefined : { p256dh, auth };
}
