// Signing in with the mailbox's own credentials: for the first time, and again after 90 days, when the badge stays on.

import { useState } from 'preact/hooks';
import { Form, PasswordField, TextField } from '../../look/fields.tsx';
import { PageTitle } from '../../look/frame.tsx';
import { LanguageSwitch } from '../../look/locale.tsx';
import { navigate, usePlace } from '../../look/router.ts';
import { ThemeSwitch } from '../../look/theme.tsx';
import { useApp } from '../app-context.ts';
import { AppIcon } from '../parts/app-icon.tsx';
import { InstallHint } from '../parts/install-hint.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useText } from '../text.ts';
import type { Trouble } from '../trouble.ts';

export function SignInPage() {
  const { model, view, platform } = useApp();
  const text = useText().signIn;
  const { path } = usePlace();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const again = view.session !== 'signed-out';
  const ended = view.session === 'ended';
  const signIn = async ({ user = '', password = '', deviceName = '' }: Record<string, string>) => {
    if (busy) return;
    setBusy(true);
    setTrouble(undefined);
    const failure = await model.signIn({ user: user.trim(), password, deviceName });
    if (failure === undefined && path === '/sign-in') navigate('/', { replace: true });
    setTrouble(failure);
    setBusy(false);
  };
  const told = trouble ?? (ended ? view.trouble : undefined);
  return (
    <div class="narrow-page sign-in">
      <AppIcon badge={again ? view.count?.badge : 3} />
      <PageTitle
        title={again ? text.again : text.title}
        lead={!again ? text.lead : !ended ? text.againLead : told === undefined ? text.ended : undefined}
      />
      {told && <TroubleNotice trouble={told} />}
      <div class="panel">
        <Form onSubmit={values => void signIn(values)} label={text.submit}>
          <TextField
            label={text.user}
            name="user"
            autoComplete="username"
            autoCapitalize="none"
            required
            maxLength={320}
            spellcheck={false}
            {...(view.mailbox !== undefined && { defaultValue: view.mailbox })}
          />
          <PasswordField
            label={text.password}
            name="password"
            autoComplete="current-password"
            maxLength={1024}
          />
          {!again && (
            <TextField
              label={text.device}
              name="deviceName"
              autoComplete="off"
              hint={text.deviceHint}
              maxLength={80}
              defaultValue={platform.name}
            />
          )}
          <button type="submit" class="button primary large" aria-disabled={busy}>
            {busy ? text.busy : text.submit}
          </button>
        </Form>
        {ended && (
          <button type="button" class="button quiet" onClick={() => void model.leave()}>
            {text.another}
          </button>
        )}
      </div>
      <p class="muted small centered">{text.privacy}</p>
      {platform.system === 'ios' && <InstallHint />}
      <div class="sign-in-foot">
        <ThemeSwitch />
        <LanguageSwitch />
      </div>
    </div>
  );
}
