// GET /v1/messages: the newest unseen messages, read from the mail server now and kept nowhere. What senders wrote goes
// out as JSON data, as it is: showing it as text is the app's part.

import { createRoute } from '@hono/zod-openapi';
import { messageListSchema, messagesQuerySchema } from '../../../contract/devices.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { ProxyConfig } from '../../config.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { RequestLimit } from '../request-limit.ts';
import { type InboxCollaborators, readInbox } from './read-inbox.ts';
import { webmailLinks } from './webmail-links.ts';

/** Each costs the mail server a visit. */
const readingRate = { burst: 20, intervalMs: 3000 };

export const listMessagesRoute = createRoute({
  method: 'get',
  path: '/v1/messages',
  operationId: 'listMessages',
  summary: 'The unseen count and the newest unseen messages, read from the mail server now',
  security: sessionSecurity,
  request: { query: messagesQuerySchema },
  responses: {
    200: jsonAnswer('The unseen messages', messageListSchema),
    ...problemResponses(['mail-server-unreachable', 'mailbox-unknown']),
  },
});

export function addListMessages(
  app: DeviceApp,
  {
    clock,
    webApp,
    ...collaborators
  }: InboxCollaborators & { clock: Clock; webApp: Pick<ProxyConfig['web_app'], 'webmail'> },
): void {
  const limit = new RequestLimit({
    clock,
    rate: readingRate,
    message: 'this device asks for messages too often',
  });
  const template = webApp.webmail?.message;
  app.openapi(listMessagesRoute, async context => {
    const { mailboxId, installationId } = context.get('session');
    limit.take(mailboxId, installationId);
    const { limit: newest } = context.req.valid('query');
    const { signal } = context.req.raw;
    const { unseen, view } = await readInbox(collaborators, mailboxId, { look: { newest }, signal });
    const messages = view.newest.slice(0, newest).map(message => {
      const { uid, fromName, fromAddress, subject, receivedAt } = message;
      const links = template === undefined ? null : webmailLinks(template, { mailbox: mailboxId, message });
      return { uid, fromName, fromAddress, subject, receivedAt, links };
    });
    return context.json({ unseen, uidValidity: view.uidValidity, uidNext: view.uidNext, messages }, 200);
  });
}
