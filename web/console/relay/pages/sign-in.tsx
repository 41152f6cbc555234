// Signing in. The code is asked for only after the password was right, and only of accounts that have one set up.

import { useState } from 'preact/hooks';
import type { SignedIn } from '../../../../src/contract/console/relay-console.ts';
import { Form, PasswordField, TextField, TotpField } from '../../../look/fields.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Notice } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { asProblem } from '../../api.ts';
import { Failure } from '../../failure.tsx';
import { useAction, useResource } from '../../resource.ts';
import type { RelayApi } from '../relay-api.ts';
import { useText } from '../text.ts';

type SignInProps = { api: RelayApi; ended: boolean; onSignedIn(me: SignedIn): void };

export function SignInPage({ api, ended, onSignedIn }: SignInProps) {
  const text = useText().signIn;
  const [waiting, setWaiting] = useState<{ email: string; password: string }>();
  const signUps = useResource('', signal => api.signUpState(signal));
  const signing = useAction(async ({ email = '', password = '', totp }: Record<string, string>) => {
    const known = waiting ?? { email, password };
    try {
      onSignedIn(await api.signIn(totp === undefined ? known : { ...known, totp }));
    } catch (error) {
      if (asProblem(error).code !== 'totp-required') throw error;
      setWaiting(known);
    }
  });
  return (
    <div class="narrow-page">
      <PageTitle title={text.title} lead={waiting ? text.totpLead : text.lead} />
      {ended && <Notice kind="warn">{text.ended}</Notice>}
      {signing.problem && (
        <Failure problem={signing.problem}>
          {signing.problem.code === 'sign-in-refused' ? text.refused : undefined}
        </Failure>
      )}
      <div class="panel">
        <Form onSubmit={signing.run} key={waiting ? 'code' : 'password'}>
          {waiting ? (
            <TotpField label={text.totp} first />
          ) : (
            <>
              <TextField
                label={text.email}
                name="email"
                type="email"
                autoComplete="username"
                required
                maxLength={254}
                spellcheck={false}
              />
              <PasswordField label={text.password} name="password" autoComplete="current-password" />
            </>
          )}
          <div class="actions">
            <button type="submit" class="button primary" aria-disabled={signing.busy}>
              {text.submit}
            </button>
            {waiting && (
              <button type="button" class="button quiet" onClick={() => setWaiting(undefined)}>
                {text.back}
              </button>
            )}
          </div>
        </Form>
      </div>
      {signUps.data?.open === true && (
        <p class="muted">
          {text.noAccount} <a href={to('/sign-up')}>{text.signUp}</a>
        </p>
      )}
    </div>
  );
}
