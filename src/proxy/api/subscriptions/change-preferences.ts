// PATCH /v1/subscriptions/{id}: what this device's subscription counts, and whether it is sent previews.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { preferencesSchema, subscriptionSchema } from '../../../contract/devices.ts';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import { AppError } from '../../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../../runtime/http/json-content.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { liveSubscription } from './live-subscription.ts';

export const changePreferencesRoute = createRoute({
  method: 'patch',
  path: '/v1/subscriptions/{id}',
  operationId: 'changePreferences',
  summary: 'Change what a subscription of this device counts, or whether it is sent previews',
  security: sessionSecurity,
  request: { params: z.strictObject({ id: opaqueIdSchema }), body: jsonBody(preferencesSchema) },
  responses: {
    200: jsonAnswer('The subscription, changed', subscriptionSchema),
    ...problemResponses(['subscription-not-found']),
  },
});

export function addChangePreferences(
  app: DeviceApp,
  {
    db,
    subscriptions,
  }: { db: Kysely<ProxySchema>; subscriptions: Pick<Subscriptions, 'list' | 'preferences'> },
): void {
  app.openapi(changePreferencesRoute, async context => {
    const { id } = context.req.valid('param');
    const changes = context.req.valid('json');
    const session = context.get('session');
    const { mailboxId, installationId } = session;
    const { iconId } = await liveSubscription(subscriptions, session, id);
    if (changes.previews === true) await assertHasKeys(db, iconId);
    await subscriptions.preferences({ subscriptionId: id, mailboxId, installationId, ...changes });
    return context.json(await liveSubscription(subscriptions, session, id), 200);
  });
}

async function assertHasKeys(db: Kysely<ProxySchema>, iconId: string): Promise<void> {
  const icon = await db
    .selectFrom('icon')
    .select(['p256dh', 'preview_p256dh'])
    .where('id', '=', iconId)
    .executeTakeFirst();
  if (icon !== undefined && (icon.p256dh ?? icon.preview_p256dh) !== null) return;
  throw new AppError('invalid-request', '"previews": this device gave no keys to encrypt them with', {
    hint: 'subscribe again with previews and previewKeys',
  });
}
