// What each answer of APNs means, in one table. A reason that is not in it is judged by its status.
// The `reason` that a judged answer carries is a key of this table or `unknown-<status>`: it is also the metric label.
// No reason that a device's own target can cause may read `misconfigured`: that would let a stranger open an app's
// breaker; and none but a dated 410 may read `gone`.

import { z } from 'zod';
import type { ProviderAnswer } from '../provider.ts';
import { parseRetryAfter } from '../retry-after.ts';

type Meaning =
  | { kind: 'gone' | 'unknown-target' | 'misconfigured' | 'unavailable' }
  | { kind: 'unacceptable'; tooLarge?: boolean }
  | { kind: 'throttled'; scope: 'target' | 'app' };

const gone: Meaning = { kind: 'gone' };
const unknownTarget: Meaning = { kind: 'unknown-target' };
const misconfigured: Meaning = { kind: 'misconfigured' };
const unacceptable: Meaning = { kind: 'unacceptable' };
const unavailable: Meaning = { kind: 'unavailable' };

/** Apple, "Handling notification responses from APNs". */
export const apnsAnswers: Readonly<Record<string, { status: number; meaning: Meaning }>> = {
  BadCollapseId: { status: 400, meaning: unacceptable },
  BadDeviceToken: { status: 400, meaning: unknownTarget }, // also said of a token of the other environment
  BadExpirationDate: { status: 400, meaning: unacceptable },
  BadMessageId: { status: 400, meaning: unacceptable },
  BadPriority: { status: 400, meaning: unacceptable },
  BadTopic: { status: 400, meaning: misconfigured },
  DeviceTokenNotForTopic: { status: 400, meaning: unknownTarget }, // the token of another app
  DuplicateHeaders: { status: 400, meaning: unacceptable },
  IdleTimeout: { status: 400, meaning: unavailable },
  InvalidPushType: { status: 400, meaning: unacceptable },
  MissingDeviceToken: { status: 400, meaning: unacceptable },
  MissingTopic: { status: 400, meaning: misconfigured },
  PayloadEmpty: { status: 400, meaning: unacceptable },
  TopicDisallowed: { status: 400, meaning: misconfigured },
  BadCertificate: { status: 403, meaning: misconfigured },
  BadCertificateEnvironment: { status: 403, meaning: misconfigured },
  BadEnvironmentKeyIdInToken: { status: 403, meaning: misconfigured },
  BadEnvironmentKeyInToken: { status: 403, meaning: misconfigured }, // as real servers were seen to spell it
  ExpiredProviderToken: { status: 403, meaning: misconfigured }, // only when said of a second attempt too
  Forbidden: { status: 403, meaning: misconfigured },
  InvalidProviderToken: { status: 403, meaning: misconfigured },
  MissingProviderToken: { status: 403, meaning: misconfigured },
  UnrelatedKeyIdInToken: { status: 403, meaning: misconfigured },
  BadPath: { status: 404, meaning: unacceptable },
  MethodNotAllowed: { status: 405, meaning: unacceptable },
  ExpiredToken: { status: 410, meaning: gone },
  Unregistered: { status: 410, meaning: gone },
  PayloadTooLarge: { status: 413, meaning: { kind: 'unacceptable', tooLarge: true } },
  TooManyProviderTokenUpdates: { status: 429, meaning: { kind: 'throttled', scope: 'app' } },
  TooManyRequests: { status: 429, meaning: { kind: 'throttled', scope: 'target' } },
  InternalServerError: { status: 500, meaning: unavailable },
  ServiceUnavailable: { status: 503, meaning: unavailable },
  Shutdown: { status: 503, meaning: unavailable },
};

const bodySchema = z.object({ reason: z.string().max(100), timestamp: z.number().int().min(0).optional() });

export type ApnsResponse = {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

/** Judges a complete response. `id` is what was sent as apns-id, in case the answer does not repeat it. */
export function judgeAnswer(
  response: ApnsResponse,
  { id, now }: { id: string; now: number },
): ProviderAnswer {
  const { status, headers } = response;
  if (status === 200) {
    const echoed = headers['apns-id'];
    return { kind: 'accepted', providerId: typeof echoed === 'string' ? echoed.slice(0, 64) : id };
  }
  // a success that Apple does not document is no proof that anything was delivered
  if (status < 300) return { kind: 'outcome-unknown', reason: `unknown-${status}` };

  const said = parseBody(response.body);
  const known = said === undefined ? undefined : Object.hasOwn(apnsAnswers, said.reason);
  const reason = said !== undefined && known === true ? said.reason : `unknown-${status}`;
  const meaning = apnsAnswers[reason]?.meaning ?? byStatus(status);
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  const delay = retryAfterMs === undefined ? {} : { retryAfterMs };
  switch (meaning.kind) {
    case 'gone':
      // without its time nobody can tell whether the device registered again since
      return said?.timestamp === undefined
        ? { kind: 'unknown-target', reason }
        : { kind: 'gone', since: said.timestamp, reason };
    case 'unacceptable':
      return meaning.tooLarge === true
        ? { ...meaning, tooLarge: true, reason }
        : { kind: 'unacceptable', reason };
    case 'throttled':
      return { ...meaning, reason, ...delay };
    case 'unavailable':
      return { kind: 'unavailable', reason, ...delay };
    case 'unknown-target':
    case 'misconfigured':
      return { kind: meaning.kind, reason };
  }
}

function byStatus(status: number): Meaning {
  if (status >= 500) return unavailable;
  if (status === 429) return { kind: 'throttled', scope: 'target' };
  if (status === 413) return { kind: 'unacceptable', tooLarge: true };
  if (status === 410) return unknownTarget;
  // a redirect, or a refusal of who we are: not APNs, or not our account there
  if (status < 400 || status === 401 || status === 403 || status === 407) return misconfigured;
  return unacceptable;
}

function parseBody(body: string): z.infer<typeof bodySchema> | undefined {
  try {
    return bodySchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
