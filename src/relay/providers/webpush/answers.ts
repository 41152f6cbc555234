// What each answer of a Web Push service means, in one table, first match first. The `reason` of a row is also its
// metric label; what the service said beyond it is not repeated, since it may quote the endpoint.

import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { ProviderAnswer } from '../provider.ts';
import { parseRetryAfter } from '../retry-after.ts';

type Meaning =
  | { kind: 'accepted' | 'gone' | 'misconfigured' | 'unavailable' | 'outcome-unknown' }
  | { kind: 'unacceptable'; tooLarge?: true }
  | { kind: 'throttled'; scope: 'target' };

type Row = { from: number; to?: number; about?: 'vapid'; reason: string; meaning: Meaning };

export const webPushAnswers: readonly Row[] = [
  { from: 200, reason: 'accepted', meaning: { kind: 'accepted' } },
  { from: 201, reason: 'accepted', meaning: { kind: 'accepted' } }, // RFC 8030 §5
  { from: 202, reason: 'accepted', meaning: { kind: 'accepted' } }, // RFC 8030 §5.1
  // a success that no push service gives is no proof that anything was taken
  { from: 203, to: 299, reason: 'unexpected-success', meaning: { kind: 'outcome-unknown' } },
  { from: 300, to: 399, reason: 'redirected', meaning: { kind: 'unavailable' } }, // never followed
  // Apple says VapidPkHashMismatch, Mozilla errno 109, Google "UnauthorizedRegistration": the operator's key
  { from: 400, about: 'vapid', reason: 'vapid-refused', meaning: { kind: 'misconfigured' } },
  { from: 400, reason: 'bad-request', meaning: { kind: 'unacceptable' } },
  // RFC 8292 §4.2; Mozilla answers 401 also where it says 403, Apple 403 BadJwtToken for every fault of the token
  { from: 401, reason: 'vapid-refused', meaning: { kind: 'misconfigured' } },
  { from: 403, reason: 'vapid-refused', meaning: { kind: 'misconfigured' } },
  { from: 404, reason: 'subscription-unknown', meaning: { kind: 'gone' } }, // RFC 8030 §7.3: an expired one
  { from: 410, reason: 'subscription-gone', meaning: { kind: 'gone' } }, // what services really say
  { from: 413, reason: 'too-large', meaning: { kind: 'unacceptable', tooLarge: true } }, // RFC 8030 §7.2
  // RFC 8030 §8.4; a device's, not the app's: the services of other devices are not even the same company
  { from: 429, reason: 'too-many-requests', meaning: { kind: 'throttled', scope: 'target' } },
  // Any other refusal may pass (a proxy in between, a rule that changed): rejecting would leave the badge wrong for
  // good, repeating costs one request per back-off.
  { from: 402, to: 499, reason: 'unexpected-refusal', meaning: { kind: 'unavailable' } },
  // A failing service may have stored the message behind its 500, 502 or 504. `unavailable` is right all the same: it
  // leaves what the device shows unknown (ARCHITECTURE.md, R3), so the badge wanted by then is sent again, and the
  // service worker ignores an older `rev`.
  { from: 500, to: 599, reason: 'service-failed', meaning: { kind: 'unavailable' } },
];

export type WebPushResponse = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** `id`: what stands for the message where the service names none. `endpoint`: never to be repeated. */
export function judgeWebPushAnswer(
  { status, headers, body }: WebPushResponse,
  { id, endpoint, now }: { id: string; endpoint: string; now: number },
): ProviderAnswer {
  const row = webPushAnswers.find(
    ({ from, to = from, about }) =>
      status >= from && status <= to && (about === undefined || isAboutVapid(body)),
  );
  // below 200 and above 599: not HTTP
  const { reason, meaning } = row ?? {
    reason: 'malformed-answer',
    meaning: { kind: 'unavailable' } as const,
  };
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  const delay = retryAfterMs === undefined ? {} : { retryAfterMs };
  switch (meaning.kind) {
    case 'accepted':
      return { kind: 'accepted', providerId: messageId(headers.location, endpoint) ?? id };
    case 'gone':
      return { kind: 'gone', since: now, reason }; // no service tells since when
    case 'misconfigured':
    case 'outcome-unknown':
      return { kind: meaning.kind, reason };
    case 'unacceptable':
      return { ...meaning, reason };
    case 'throttled':
      return { ...meaning, reason, ...delay };
    case 'unavailable':
      return { kind: 'unavailable', reason, ...delay };
  }
}

/** The message's URL (RFC 8030 §5), unless a service gives the endpoint's own: that is a secret. */
function messageId(location: string | undefined, endpoint: string): string | undefined {
  if (location === undefined || location === '' || location.includes(new URL(endpoint).pathname))
    return undefined;
  return location.slice(0, 256);
}

const errnoSchema = z.object({ errno: z.number() });
/** autopush: "Invalid authentication". */
const vapidErrno = 109;

function isAboutVapid(body: Buffer): boolean {
  const text = body.toString('utf8');
  try {
    const said = errnoSchema.safeParse(JSON.parse(text));
    if (said.success) return said.data.errno === vapidErrno;
  } catch {
    // plain text: Google
  }
  return /vapid|jwt|authoriz|crypto-key/i.test(text);
}
