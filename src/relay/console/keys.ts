// /keys: the relay's own keys, for operators.

import { AppError } from '../../runtime/errors.ts';
import { rotatableKeys } from '../administration/keys-administration.ts';
import type { ConsoleApp } from './console-env.ts';
import type { Scope } from './scope.ts';

export function addKeys(app: ConsoleApp): void {
  app.get('/keys', async context => context.json(await list(context.get('scope'))));

  app.post('/keys/:purpose/rotate', async context => {
    const scope = context.get('scope');
    scope.requireOperator();
    const purpose = rotatableKeys.find(name => name === context.req.param('purpose'));
    if (purpose === undefined) {
      throw new AppError('not-found', 'this key cannot be rotated', {
        hint: `${rotatableKeys.join(' and ')} can`,
      });
    }
    await scope.actions.rotateKey(purpose);
    return context.json(await list(scope));
  });
}

async function list(scope: Scope) {
  scope.requireOperator();
  const keys = await scope.actions.keys();
  const rotatable: readonly string[] = rotatableKeys;
  return { keys: keys.map(key => ({ ...key, rotatable: rotatable.includes(key.purpose) })) };
}
