// Lets web apps of any origin register devices: a ticket and a code stand in the bodies, so there are no cookies
// and no credentials that a foreign page could borrow. Nothing but a JSON POST is allowed.

import { cors } from 'hono/cors';

const preflightSeconds = 600;

export function deviceCors() {
  return cors({
    origin: '*',
    allowMethods: ['POST'],
    allowHeaders: ['content-type', 'traceparent'],
    exposeHeaders: ['trace-id', 'retry-after'],
    maxAge: preflightSeconds,
  });
}
