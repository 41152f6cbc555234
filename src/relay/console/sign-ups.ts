// /sign-ups: an organization signs itself up, without a session. Who began is known by the sign-up's id alone.

import type { z } from 'zod';
import type { SignUp, signUpCheckSchema, signUpStateSchema } from '../../contract/console/relay-console.ts';
import { signUpRequestSchema } from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import { clientAddress } from '../../runtime/http/client-address.ts';
import { SignUps } from '../organizations/sign-up.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { readBody } from './read-body.ts';

export function addSignUps(app: ConsoleApp, parts: ConsoleParts): void {
  const signUps = new SignUps({ ...parts, open: parts.config.self_service_sign_up });

  app.get('/sign-ups', context =>
    context.json({ open: parts.config.self_service_sign_up } satisfies z.infer<typeof signUpStateSchema>),
  );

  app.post('/sign-ups', async context => {
    const request = await readBody(context, signUpRequestSchema);
    const address = clientAddress(context.env.incoming, parts.trusted);
    const begun = await signUps.begin(request, { address });
    if (begun.kind === 'throttled') throw tooMany(begun.retryAfterMs);
    const { id, domain, record, expiresAt } = begun;
    return context.json({ id, domain, record: { ...record, type: 'TXT' }, expiresAt } satisfies SignUp, 201);
  });

  app.post('/sign-ups/:id/check', async context => {
    const address = clientAddress(context.env.incoming, parts.trusted);
    const check = await signUps.check(context.req.param('id'), { address });
    if (check.kind === 'throttled') throw tooMany(check.retryAfterMs);
    const proved = check.kind === 'completed';
    return context.json({
      proved,
      detail: check.kind === 'not-proved' ? check.detail : null,
    } satisfies z.infer<typeof signUpCheckSchema>);
  });
}

function tooMany(retryAfterMs: number): AppError {
  return new AppError('too-many-requests', 'too many tries from this address', {
    hint: `wait ${Math.ceil(retryAfterMs / 1000)} s`,
    retryAfterMs,
  });
}
