// POST /api/subscriptions/{id}/restore and /end, POST /api/thaw.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { opaqueIdSchema } from '../../contract/identifiers.ts';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { ConsoleApp, RecordAct } from './console-operation.ts';

export type ChangeSubscriptionsCollaborators = {
  db: Kysely<ProxySchema>;
  /** The running ones: what follows from a change begins at once. */
  subscriptions: Pick<Subscriptions, 'restore' | 'unsubscribe' | 'thawEndings'>;
  recordAct: RecordAct;
};

const request = { params: z.strictObject({ id: opaqueIdSchema }) };
const responses = { 204: { description: 'Done' } };

export function addChangeSubscriptions(
  app: ConsoleApp,
  { db, subscriptions, recordAct }: ChangeSubscriptionsCollaborators,
): void {
  const restore = createRoute({
    method: 'post',
    path: '/api/subscriptions/{id}/restore',
    request,
    responses,
  });
  app.openapi(restore, async context => {
    const { id } = context.req.valid('param');
    const { mailbox } = await find(db, id);
    if ((await subscriptions.restore({ subscriptionId: id })) === 0) {
      throw new AppError('subscription-not-found', 'the subscription cannot be brought back', {
        hint: 'it has not ended, or its device has registered anew since',
      });
    }
    recordAct('subscription-restored', { subscriptionId: id, mailboxId: mailbox });
    return context.body(null, 204);
  });

  const end = createRoute({ method: 'post', path: '/api/subscriptions/{id}/end', request, responses });
  app.openapi(end, async context => {
    const { id } = context.req.valid('param');
    const { mailbox } = await find(db, id);
    await subscriptions.unsubscribe({ subscriptionId: id, mailboxId: mailbox });
    recordAct('subscription-ended', { subscriptionId: id, mailboxId: mailbox });
    return context.body(null, 204);
  });

  const thaw = createRoute({ method: 'post', path: '/api/thaw', responses });
  app.openapi(thaw, async context => {
    await subscriptions.thawEndings();
    recordAct('endings-thawed');
    return context.body(null, 204);
  });
}

async function find(db: Kysely<ProxySchema>, id: string): Promise<{ mailbox: string }> {
  const row = await db
    .selectFrom('subscription')
    .select('mailbox_id as mailbox')
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('subscription-not-found', 'there is no such subscription');
  return row;
}
