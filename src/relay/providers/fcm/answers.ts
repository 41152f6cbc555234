// What each answer of FCM means, in one table. What FCM says is looked up from the most to the least specific: what its
// error code and details amount to, the reason of Google's API layer, the status word. What is in none is judged by
// the HTTP status. The `reason` that a judged answer carries is a key of this table or `unknown-<status>`: it is also
// the metric label. No reason that a device's own token can cause may read `misconfigured`: that would let a stranger
// open an app's breaker. Nothing but FCM's own UNREGISTERED may read `gone`.

import { z } from 'zod';
import type { ProviderAnswer } from '../provider.ts';
import { parseRetryAfter } from '../retry-after.ts';

type Meaning =
  | { kind: 'gone' | 'unknown-target' | 'misconfigured' | 'unavailable' }
  | { kind: 'unacceptable'; tooLarge?: boolean }
  | { kind: 'throttled'; scope: 'target' | 'app' };

const unknownTarget: Meaning = { kind: 'unknown-target' };
const misconfigured: Meaning = { kind: 'misconfigured' };
const unavailable: Meaning = { kind: 'unavailable' };
const appThrottled: Meaning = { kind: 'throttled', scope: 'app' };

/** Firebase, "ErrorCode" (FCM v1); Google Cloud APIs, "Errors". */
export const fcmAnswers: Readonly<Record<string, Meaning>> = {
  UNREGISTERED: { kind: 'gone' }, // 404: the app was uninstalled, or its token replaced
  INVALID_TOKEN: unknownTarget, // our word for an INVALID_ARGUMENT that is about message.token
  MESSAGE_TOO_BIG: { kind: 'unacceptable', tooLarge: true }, // our word for an INVALID_ARGUMENT that says so
  INVALID_ARGUMENT: { kind: 'unacceptable' },
  SENDER_ID_MISMATCH: unknownTarget, // 403: the token of another project
  THIRD_PARTY_AUTH_ERROR: unknownTarget, // 401: the token of an Apple device or a browser, which FCM is not used for
  NOT_FOUND: unknownTarget, // 404 without FCM's own code: too little to end anything
  UNAUTHENTICATED: misconfigured, // 401, only when said of a second attempt too
  PERMISSION_DENIED: misconfigured, // 403: the service account's role, or another project
  SERVICE_DISABLED: misconfigured, // 403: the API is not switched on in the project
  QUOTA_EXCEEDED: appThrottled, // 429
  RATE_LIMIT_EXCEEDED: appThrottled, // 429 of the API layer: the project's messages per minute
  RESOURCE_EXHAUSTED: appThrottled,
  DEVICE_QUOTA_EXCEEDED: { kind: 'throttled', scope: 'target' }, // our word for a quota that is a device's
  ABORTED: unavailable,
  CANCELLED: unavailable,
  DEADLINE_EXCEEDED: unavailable,
  INTERNAL: unavailable, // 500
  UNAVAILABLE: unavailable, // 503
};

/** "A minimum initial delay of 1 minute" (ErrorCode), where Retry-After is missing. */
const quotaRetryAfterMs = 60_000;

const text = z.string().max(500);
const errorSchema = z.object({
  error: z.object({
    status: text.optional().catch(undefined),
    message: text.optional().catch(undefined),
    details: z
      .array(
        z.object({
          errorCode: text.optional().catch(undefined), // google.firebase.fcm.v1.FcmError
          reason: text.optional().catch(undefined), // google.rpc.ErrorInfo
          fieldViolations: z
            .array(z.object({ field: text }))
            .optional()
            .catch(undefined), // google.rpc.BadRequest
          violations: z
            .array(z.object({ subject: text, description: text }).partial())
            .optional()
            .catch(undefined), // google.rpc.QuotaFailure
        }),
      )
      .catch([]),
  }),
});
type Said = z.infer<typeof errorSchema>['error'];

const sentSchema = z.object({ name: z.string().regex(/^projects\/[^/]+\/messages\/[\x21-\x7e]{1,200}$/) });

export type FcmResponse = {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

/** Judges a complete response. `id` stands for the message where FCM names none. */
export function judgeFcmAnswer(
  { status, headers, body }: FcmResponse,
  { id, now }: { id: string; now: number },
): ProviderAnswer {
  const json = parseJson(body);
  if (status === 200) {
    const name = sentSchema.safeParse(json).data?.name;
    return { kind: 'accepted', providerId: name?.slice(name.lastIndexOf('/') + 1) ?? id };
  }
  // a success that Google does not document is no proof that anything was taken
  if (status < 300) return { kind: 'outcome-unknown', reason: `unknown-${status}` };

  const reason = reasonOf(errorSchema.safeParse(json).data?.error) ?? `unknown-${status}`;
  const meaning = fcmAnswers[reason] ?? byStatus(status);
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  switch (meaning.kind) {
    case 'gone':
      return { kind: 'gone', since: now, reason }; // FCM does not tell since when
    case 'unacceptable':
      return { ...meaning, reason };
    case 'throttled':
      return { ...meaning, reason, retryAfterMs: retryAfterMs ?? quotaRetryAfterMs };
    case 'unavailable':
      return { kind: 'unavailable', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    case 'unknown-target':
    case 'misconfigured':
      return { kind: meaning.kind, reason };
  }
}

/** The most specific thing said that the table knows. */
function reasonOf(said: Said | undefined): string | undefined {
  if (said === undefined) return undefined;
  const code = said.details.find(({ errorCode }) => errorCode !== undefined)?.errorCode;
  const apiReason = said.details.find(({ reason }) => reason !== undefined)?.reason;
  const named = [code, apiReason, said.status].find(
    name => name !== undefined && Object.hasOwn(fcmAnswers, name),
  );
  if (named === 'INVALID_ARGUMENT') return whichArgument(said, code);
  return named === 'QUOTA_EXCEEDED' && isOfDevice(said) ? 'DEVICE_QUOTA_EXCEEDED' : named;
}

/**
 * FCM names the field (google.rpc.BadRequest), or answers its own code alone: that one is documented for the token
 * ("FCM Error Codes", example 2), and was seen for messages that are too big.
 */
function whichArgument({ details, message = '' }: Said, code: string | undefined): string {
  if (/too (big|large|long)/i.test(message)) return 'MESSAGE_TOO_BIG';
  const fields = details.flatMap(({ fieldViolations = [] }) => fieldViolations.map(({ field }) => field));
  const isToken =
    fields.length === 0 ? code === 'INVALID_ARGUMENT' : fields.every(field => field === 'message.token');
  return isToken ? 'INVALID_TOKEN' : 'INVALID_ARGUMENT';
}

/** "Device message rate exceeded" (ErrorCode). In doubt it is the project's: the relay allows a device less than FCM. */
function isOfDevice({ details }: Said): boolean {
  const violations = details.flatMap(detail => detail.violations ?? []);
  return violations.some(({ subject = '', description = '' }) => /device/i.test(`${subject} ${description}`));
}

function byStatus(status: number): Meaning {
  if (status >= 500) return unavailable; // 502 is HTML
  if (status === 429) return appThrottled;
  if (status === 408) return unavailable;
  if (status === 413) return { kind: 'unacceptable', tooLarge: true };
  // a redirect, a path that is not FCM's, or a refusal of who we are: the token is in the body, so it is none of its fault
  return status === 400 ? { kind: 'unacceptable' } : misconfigured;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
