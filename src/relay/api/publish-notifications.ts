// POST /v1/notifications: an organization's proxy publishes badges. The realm comes from its access token and from
// nowhere else. An error of the envelope refuses the whole batch before anything is started; from then on every
// item has an outcome of its own, told when it is known (NDJSON) or all together (JSON).

import { createRoute, z } from '@hono/zod-openapi';
import type { NotificationResult } from '../../contract/outcomes.ts';
import { publishLimits, publishRequestSchema, publishResponseSchema } from '../../contract/publishing.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { ndjsonStream } from './ndjson-stream.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, organizationCodes, problemResponses } from './relay-operation.ts';

const ndjson = 'application/x-ndjson';

const route = createRoute({
  method: 'post',
  path: '/v1/notifications',
  operationId: 'publishNotifications',
  summary: 'Publishes a batch of badges',
  request: {
    headers: z.object({
      accept: z.string().optional().describe(`${ndjson}: one result per line, as each is known`),
    }),
    body: jsonBody(publishRequestSchema),
  },
  responses: {
    200: jsonAnswer(
      `One result per notification. As ${ndjson} they come one per line, and last {"relayTime": …}`,
      publishResponseSchema,
    ),
    ...problemResponses([
      ...organizationCodes,
      ...bodyCodes,
      'batch-too-large',
      'not-after-too-far',
      'not-after-passed',
      'too-many-requests',
    ]),
  },
});

type Envelope = z.infer<typeof publishRequestSchema>;

export function addPublishNotifications(
  app: RelayApp,
  { delivery, clock }: { delivery: Delivery; clock: Clock },
): void {
  app.openapi(
    route,
    async context => {
      const envelope = context.req.valid('json');
      assertInTime(envelope.notAfter, clock.now());
      assertNoDuplicates(envelope.notifications);
      const batch = {
        caller: context.get('caller'),
        notAfter: envelope.notAfter,
        items: envelope.notifications,
        traceId: context.get('traceId'),
      };
      if (context.req.header('accept')?.includes(ndjson) === true) {
        const stream = ndjsonStream(async write => {
          await delivery.deliver(batch, write);
          write({ relayTime: clock.now() });
        });
        return new Response(stream, {
          headers: { 'content-type': ndjson, 'cache-control': 'no-store' },
        }) as never;
      }
      const results: NotificationResult[] = [];
      await delivery.deliver(batch, result => results.push(result));
      return context.json({ relayTime: clock.now(), results }, 200);
    },
    result => {
      if (!result.success) throw envelopeRefused(result.error.issues[0]);
    },
  );
}

function envelopeRefused(issue: z.core.$ZodIssue | undefined): AppError {
  const path = issue?.path.map(String).join('.') ?? '';
  if (issue?.code === 'too_big' && path === 'notifications') {
    return new AppError(
      'batch-too-large',
      `a batch holds at most ${publishLimits.batchItems} notifications`,
      {
        hint: 'send several batches',
      },
    );
  }
  return new AppError(
    'invalid-request',
    `${path === '' ? 'the batch' : `"${path}"`}: ${issue?.message ?? 'is malformed'}`,
    {
      hint: 'nothing was started; the API reference lists every member of the envelope',
    },
  );
}

/** `notAfter` is in the relay's time; a proxy whose idea of it is wrong learns it here. */
function assertInTime(notAfter: Envelope['notAfter'], relayTime: number): void {
  if (notAfter > relayTime + publishLimits.notAfterAheadMs) {
    throw new AppError('not-after-too-far', 'notAfter is more than 5 seconds ahead of the relay’s time', {
      hint: 'take the relay’s time from relayTime and add at most 5000 ms',
      members: { relayTime },
    });
  }
  if (notAfter < relayTime) {
    throw new AppError('not-after-passed', 'notAfter has passed in the relay’s time', {
      hint: 'nothing was started: publish again with the badges wanted now',
      members: { relayTime },
    });
  }
}

/** Results are told apart by their id. */
function assertNoDuplicates(notifications: Envelope['notifications']): void {
  const seen = new Set<string>();
  for (const { id } of notifications) {
    const canonical = id.toLowerCase();
    if (seen.has(canonical)) {
      throw new AppError('invalid-request', `the id ${id} stands twice in the batch`, {
        hint: 'nothing was started; give each notification an id of its own',
      });
    }
    seen.add(canonical);
  }
}
