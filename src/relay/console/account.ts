// /account: the own password and the own one-time codes. Each change of them gives the session a new token.

import type { Context } from 'hono';
import {
  changePasswordSchema,
  confirmTotpSchema,
  removeTotpSchema,
} from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SessionCookie } from '../../runtime/http/session-cookie.ts';
import { setPassword } from '../administrators/administrators.ts';
import { renewSession } from '../administrators/sessions.ts';
import { confirmTotp, offerTotp, removeTotp } from '../administrators/totp.ts';
import type { ConsoleApp, ConsoleEnv, ConsoleParts } from './console-env.ts';
import { readBody } from './read-body.ts';
import { refusalError } from './refusals.ts';
import type { Scope } from './scope.ts';

export function addAccount(app: ConsoleApp, parts: ConsoleParts, cookie: SessionCookie): void {
  const { db, clock, random, box, config, passwords, signIn } = parts;

  app.put('/account/password', async context => {
    const { password, newPassword } = await readBody(context, changePasswordSchema);
    const { administrator, actor } = context.get('scope');
    await confirmPassword(context.get('scope'), password);
    await setPassword(db, administrator, await passwords.hash(newPassword), {
      now: clock.now(),
      actor,
      action: 'administrator.change-password',
      keepSession: context.get('session').tokenHash,
    });
    return renewed(context);
  });

  app.post('/account/totp', async context => {
    const { administrator } = context.get('scope');
    return context.json(
      await offerTotp(db, administrator, { box, random, issuer: new URL(config.issuer).host }),
    );
  });

  app.put('/account/totp', async context => {
    const { code } = await readBody(context, confirmTotpSchema);
    const { administrator, actor } = context.get('scope');
    if (!(await confirmTotp(db, administrator, code, { box, now: clock.now(), actor }))) {
      throw new AppError(
        'invalid-request',
        '"code": it is not the one that the authenticator app shows now',
        {
          hint: 'check the clock of the phone, scan the picture again, and type the newest code',
        },
      );
    }
    return renewed(context);
  });

  app.delete('/account/totp', async context => {
    const { password } = await readBody(context, removeTotpSchema);
    const { administrator, actor } = context.get('scope');
    await confirmPassword(context.get('scope'), password);
    await removeTotp(db, administrator, { now: clock.now(), actor });
    return renewed(context);
  });

  /** The session has shown the one-time code already: here the password is what counts. */
  async function confirmPassword({ administrator, actor }: Scope, password: string): Promise<void> {
    const result = await signIn.passwordAgain(administrator, { password }, { address: actor.address ?? '' });
    if (result.kind !== 'confirmed' && result.kind !== 'totp-required') throw refusalError(result);
  }

  async function renewed(context: Context<ConsoleEnv>): Promise<Response> {
    const token = await renewSession(db, context.get('session').tokenHash, random);
    if (token === undefined) throw new AppError('session-invalid', 'the session has ended');
    cookie.give(context, token);
    return context.body(null, 204);
  }
}
