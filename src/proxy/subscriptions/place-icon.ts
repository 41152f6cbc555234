// Which icon a registration belongs to. A target is proven (the device returned the code that was pushed to it), an
// installation id is only the device's word. So the target decides; the installation decides only among icons to which
// this very mailbox is already subscribed, or a stranger could name someone's installation and get their badge.
// The icon that holds the target keeps its row, id and attempt: no second attempt can race to the same device.
// An older registration never replaces a newer one: a request may be overtaken on its way by the device's next one.

import type { Transaction } from 'kysely';
import { opaqueId, type Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { endSubscriptions } from './end-subscriptions.ts';
import { type Cause, recomputeIcons } from './recompute-icons.ts';
import type { SubscribeRequest } from './subscribe-request.ts';

type Context = { cause: Cause; now: number; random: Random; events: ProxyEvents };

/** The id of the icon, which from now on is this installation's and has this target. */
export async function placeIcon(
  transaction: Transaction<ProxySchema>,
  request: SubscribeRequest,
  context: Context,
): Promise<string> {
  const held = await transaction
    .selectFrom('icon')
    .select(['id', 'installation_id', 'target_id', 'p256dh', 'paused_at', 'registered_at'])
    .where('app_id', '=', request.appId)
    .where('target_id', '=', request.target.targetId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  const own = await iconsOfInstallation(transaction, request);
  const newer = own.find(icon => icon.registered_at > request.target.registeredAt);
  if (newer !== undefined) return newer.id;
  if (held !== undefined && held.installation_id !== request.installationId) {
    await endSubscriptions(transaction, await liveSubscriptions(transaction, held.id), {
      ...context,
      reason: 'taken-over',
    });
  }
  const icon = held ?? own[0];
  for (const other of own) {
    if (icon !== undefined && other.id !== icon.id) await mergeInto(transaction, icon.id, other.id, context);
  }
  if (icon === undefined) return createIcon(transaction, request, context);

  const same =
    icon.target_id === request.target.targetId &&
    icon.installation_id === request.installationId &&
    icon.p256dh === (request.keys?.p256dh ?? null) &&
    icon.paused_at === null;
  await transaction
    .updateTable('icon')
    .set({
      ...registrationColumns(request),
      ...(same
        ? {}
        : {
            shown: null,
            accepted_badge: null, // of another device, as the device's own report
            shown_at: null,
            provider_id: null,
            reported_badge: null,
            reported_at: null,
            told_received_at: null,
            told_uid: null,
            retry_at: await blockedUntil(transaction, request),
            deferrals: 0,
          }),
      paused_at: null,
      paused_reason: null,
      // An icon that was taken over while closing lives again.
      ended_at: null,
      ended_reason: null,
    })
    .where('id', '=', icon.id)
    .execute();
  return icon.id;
}

async function iconsOfInstallation(transaction: Transaction<ProxySchema>, request: SubscribeRequest) {
  return transaction
    .selectFrom('icon')
    .innerJoin('subscription', 'subscription.icon_id', 'icon.id')
    .select([
      'icon.id',
      'icon.installation_id',
      'icon.target_id',
      'icon.p256dh',
      'icon.paused_at',
      'icon.registered_at',
    ])
    .where('icon.app_id', '=', request.appId)
    .where('icon.installation_id', '=', request.installationId)
    .where('icon.ended_at', 'is', null)
    .where('subscription.mailbox_id', '=', request.mailboxId)
    .where('subscription.ended_at', 'is', null)
    .orderBy('icon.registered_at', 'desc')
    .execute();
}

function liveSubscriptions(transaction: Transaction<ProxySchema>, iconId: string) {
  return transaction
    .selectFrom('subscription')
    .select(['id', 'icon_id', 'mailbox_id'])
    .where('icon_id', '=', iconId)
    .where('ended_at', 'is', null)
    .execute();
}

/** One installation, two icons: its earlier target was replaced. Its mailboxes move, and the earlier icon ends. */
async function mergeInto(
  transaction: Transaction<ProxySchema>,
  iconId: string,
  otherId: string,
  { cause, now, events }: Context,
): Promise<void> {
  const present = new Set((await liveSubscriptions(transaction, iconId)).map(row => row.mailbox_id));
  const moving = await liveSubscriptions(transaction, otherId);
  const doubled = moving.filter(row => present.has(row.mailbox_id));
  for (const { id } of moving.filter(row => !present.has(row.mailbox_id))) {
    await transaction.updateTable('subscription').set({ icon_id: iconId }).where('id', '=', id).execute();
  }
  await transaction
    .updateTable('icon')
    .set({ ended_at: now, ended_reason: 'target-replaced' })
    .where('id', '=', otherId)
    .execute();
  await endSubscriptions(transaction, doubled, { reason: 'taken-over', cause, now, events });
  await recomputeIcons(transaction, new Map([[iconId, cause]]), { now, events });
}

async function createIcon(
  transaction: Transaction<ProxySchema>,
  request: SubscribeRequest,
  { now, random, cause }: Context,
): Promise<string> {
  const id = opaqueId(random);
  await transaction
    .insertInto('icon')
    .values({
      ...registrationColumns(request),
      id,
      app_id: request.appId,
      collapse_key: opaqueId(random),
      wanted: null,
      rev: 0,
      fell: 0,
      shown: null,
      lease_epoch: 0,
      retry_at: await blockedUntil(transaction, request),
      hold_until: 0,
      bucket_at: 0,
      deferrals: 0,
      trace_id: cause.traceId,
      changed_at: now,
    })
    .execute();
  return id;
}

/** An ended icon may have left an attempt to the same target; R4 holds for whoever has the target now. */
async function blockedUntil(
  transaction: Transaction<ProxySchema>,
  { appId, target }: SubscribeRequest,
): Promise<number> {
  const { until } = await transaction
    .selectFrom('icon')
    .select(({ fn }) => fn.max('attempt_blocks_until').as('until'))
    .where('attempt_id', 'is not', null)
    .where('app_id', '=', appId)
    .where('target_id', '=', target.targetId)
    .executeTakeFirstOrThrow();
  return until ?? 0;
}

function registrationColumns(request: SubscribeRequest) {
  const { installationId, sealedTarget, target, presentation, keys, form, language, previewKeys } = request;
  return {
    installation_id: installationId,
    target_id: target.targetId,
    sealed_target: sealedTarget,
    provider: target.provider,
    presentation,
    p256dh: keys?.p256dh ?? null,
    auth: keys?.auth ?? null,
    form,
    language,
    preview_p256dh: previewKeys?.p256dh ?? null,
    preview_auth: previewKeys?.auth ?? null,
    registered_at: target.registeredAt,
  };
}
