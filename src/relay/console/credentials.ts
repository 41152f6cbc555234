// /organizations/{id}/credentials/{keyId}

import { removeCredentialSchema } from '../../contract/console/relay-console.ts';
import type { ConsoleApp } from './console-env.ts';
import { readBody } from './read-body.ts';

export function addCredentials(app: ConsoleApp): void {
  app.delete('/organizations/:id/credentials/:keyId', async context => {
    const scope = context.get('scope');
    const { keyId } = await scope.credential(context.req.param('id'), context.req.param('keyId'));
    const { reason } = await readBody(context, removeCredentialSchema);
    await scope.actions.revokeCredential(keyId, reason);
    return context.body(null, 204);
  });
}
