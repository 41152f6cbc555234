// What every operation of the device API says alike in the API description: how it is called, and which errors it
// answers, by their codes (docs/reference/errors.md).

import { type ErrorCode, errorCodes } from '../../contract/error-codes.ts';
import { problemSchema } from '../../contract/problem.ts';

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

/** One sentence for all errors of an operation; each is a problem document (RFC 9457). */
export function problemResponses(codes: readonly ErrorCode[], { session = true } = {}) {
  const all = [...everywhere, ...(session ? withSession : []), ...codes];
  return {
    default: {
      description: `Refused: ${all.map(code => `${errorCodes[code].status} ${code}`).join(', ')}`,
      content: { 'application/problem+json': { schema: problemSchema } },
    },
  };
}
