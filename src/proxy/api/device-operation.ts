// What every operation of the device API says alike in the API description: how it is called, and which errors it
// answers, by their codes (docs/reference/errors.md).

import type { ErrorCode } from '../../contract/error-codes.ts';
import { problemAnswer } from '../../runtime/http/json-content.ts';

/** For operations that need a session: `Authorization: Bearer <session>`, or the cookie. */
export const sessionSecurity = [{ session: [] }, { cookie: [] }];

const everywhere: readonly ErrorCode[] = ['invalid-request', 'body-too-large', 'unsupported-media-type'];
const withSession: readonly ErrorCode[] = [
  'session-missing',
  'session-invalid',
  'session-stolen',
  'cross-site-request',
  'too-many-requests',
];

/** Its own errors, and those of every operation. */
export function problemResponses(codes: readonly ErrorCode[], { session = true } = {}) {
  return { default: problemAnswer([...everywhere, ...(session ? withSession : []), ...codes]) };
}
