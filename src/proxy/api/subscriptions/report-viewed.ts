// POST /v1/subscriptions/{id}/viewed: the person looked at the inbox. A subscription with the policy since-viewed counts
// from there; where that is, the mail server says, and the device only which look of its own it means.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { openedResponseSchema, viewedRequestSchema } from '../../../contract/devices.ts';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import { AppError } from '../../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../../runtime/http/json-content.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { InboxView, Look } from '../../mailboxes/mailbox-source.ts';
import { ownSubscription } from '../../subscriptions/own-subscription.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { type InboxCollaborators, readInbox } from '../messages/read-inbox.ts';

/** RFC 9051 §2.3.1.1: 32 bits. */
const largestUid = 4_294_967_295;

export const reportViewedRoute = createRoute({
  method: 'post',
  path: '/v1/subscriptions/{id}/viewed',
  operationId: 'reportViewed',
  summary: 'The inbox was looked at: since-viewed counts from here; renews, answers the badge',
  security: sessionSecurity,
  request: { params: z.strictObject({ id: opaqueIdSchema }), body: jsonBody(viewedRequestSchema) },
  responses: {
    200: jsonAnswer('What the icon should show now', openedResponseSchema),
    ...problemResponses(['subscription-not-found', 'mail-server-unreachable', 'mailbox-unknown']),
  },
});

export function addReportViewed(
  app: DeviceApp,
  collaborators: InboxCollaborators & {
    db: Kysely<ProxySchema>;
    subscriptions: Pick<Subscriptions, 'viewed'>;
  },
): void {
  const { db, subscriptions } = collaborators;
  app.openapi(reportViewedRoute, async context => {
    const { mailboxId, installationId } = context.get('session');
    const { upTo } = context.req.valid('json');
    const own = { subscriptionId: context.req.valid('param').id, mailboxId, installationId };
    const stored = await db.transaction().execute(transaction => ownSubscription(transaction, own));
    const sinceUid = Math.min(upTo?.uidNext ?? largestUid, stored.viewed_uid_next ?? largestUid);
    const view =
      stored.policy === 'since-viewed'
        ? await look(mailboxId, { sinceUid }, { needed: upTo === undefined, signal: context.req.raw.signal })
        : undefined;
    return context.json(await subscriptions.viewed({ ...own, upTo, view }), 200);
  });

  /** Undefined when the mail server is away and the device said itself what it saw. */
  async function look(
    mailboxId: string,
    what: Look,
    { needed, signal }: { needed: boolean; signal: AbortSignal },
  ): Promise<InboxView | undefined> {
    try {
      return (await readInbox(collaborators, mailboxId, { look: what, signal })).view;
    } catch (error) {
      if (needed || !(error instanceof AppError && error.code === 'mail-server-unreachable')) throw error;
      return undefined;
    }
  }
}
