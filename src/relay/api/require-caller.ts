// Lets only organizations in: sets `caller` from the verified access token. Where the organization signed the token
// itself, no token endpoint saw its key in use: it is noted here.

import { createMiddleware } from 'hono/factory';
import { clientAddress } from '../../runtime/http/client-address.ts';
import type { AccessTokenVerifier } from '../oauth/access-token.ts';
import type { CredentialUses } from '../organizations/credential-uses.ts';
import type { RelayEnv } from './relay-app.ts';

export type CallerChecks = {
  tokens: Pick<AccessTokenVerifier, 'identify'>;
  uses: Pick<CredentialUses, 'note'>;
  trusted: Parameters<typeof clientAddress>[1];
};

export function requireCaller({ tokens, uses, trusted }: CallerChecks) {
  return createMiddleware<RelayEnv>(async (context, next) => {
    const { caller, selfSigned } = await tokens.identify(context.req.header('authorization'));
    if (selfSigned) {
      await uses.note(caller.credentialId, {
        userAgent: context.req.header('user-agent'),
        address: clientAddress(context.env.incoming, trusted),
      });
    }
    context.set('caller', caller);
    await next();
  });
}
