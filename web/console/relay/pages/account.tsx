// One's own account: the password, and one-time codes.

import { useState } from 'preact/hooks';
import { CodeBox } from '../../../look/code.tsx';
import { Facts } from '../../../look/facts.tsx';
import { Form, PasswordField, TotpField } from '../../../look/fields.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Panel, Pill } from '../../../look/panel.tsx';
import { QrCode } from '../../../look/qr-code.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { Failure } from '../../failure.tsx';
import { useAction } from '../../resource.ts';
import type { TotpOffer } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

export function AccountPage() {
  const { me } = useSession();
  const { account: text, roles } = useText();
  return (
    <>
      <PageTitle title={text.title} />
      <div class="columns">
        <Panel title={text.who}>
          <Facts
            facts={[
              [text.email, me.email],
              [text.role, roles[me.role]],
              me.organization !== null && [text.organization, me.organization.domain],
            ]}
          />
        </Panel>
        <PasswordPanel />
        <TotpPanel />
      </div>
    </>
  );
}

function PasswordPanel() {
  const { api } = useSession();
  const text = useText().account;
  const [round, setRound] = useState(0);
  const changing = useAction(async ({ password = '', newPassword = '' }: Record<string, string>) => {
    await api.changePassword(password, newPassword);
    setRound(value => value + 1);
    announce(text.changed);
  });
  return (
    <Panel title={text.passwordTitle}>
      <Form onSubmit={changing.run} key={round}>
        <PasswordField label={text.current} name="password" autoComplete="current-password" />
        <PasswordField
          label={text.fresh}
          name="newPassword"
          hint={text.freshHint}
          autoComplete="new-password"
          minLength={12}
        />
        {changing.problem && (
          <Failure problem={changing.problem}>
            {changing.problem.code === 'sign-in-refused' ? text.wrong : undefined}
          </Failure>
        )}
        <div class="actions">
          <button type="submit" class="button" aria-disabled={changing.busy}>
            {text.change}
          </button>
        </div>
      </Form>
    </Panel>
  );
}

function TotpPanel() {
  const { api, me, refresh } = useSession();
  const text = useText().account;
  const { administrators } = useText();
  const [offer, setOffer] = useState<TotpOffer>();
  const [removing, setRemoving] = useState(false);
  const beginning = useAction(async () => setOffer(await api.offerTotp()));
  return (
    <Panel title={text.totpTitle}>
      <p>
        <Pill tone={me.totp ? 'good' : undefined}>{me.totp ? administrators.on : administrators.off}</Pill>
      </p>
      <p class="muted">{me.totp ? text.totpOn : text.totpOff}</p>
      {!me.totp && offer === undefined && (
        <div class="actions">
          <button type="button" class="button" aria-disabled={beginning.busy} onClick={() => beginning.run()}>
            {text.totpBegin}
          </button>
        </div>
      )}
      {beginning.problem && <Failure problem={beginning.problem} />}
      {!me.totp && offer !== undefined && (
        <TotpSetUp
          offer={offer}
          onDone={async () => {
            setOffer(undefined);
            announce(text.totpEnabled);
            await refresh();
          }}
          onCancel={() => setOffer(undefined)}
        />
      )}
      {me.totp && (
        <div class="actions">
          <button type="button" class="button danger" onClick={() => setRemoving(true)}>
            {text.totpRemove}
          </button>
        </div>
      )}
      {removing && (
        <Confirm
          title={text.totpRemoveTitle}
          action={text.totpRemove}
          danger
          onClose={() => setRemoving(false)}
          act={async ({ password = '' }) => {
            await api.removeTotp(password);
            announce(text.totpRemoved);
            await refresh();
          }}
        >
          <p>{text.totpRemoveLead}</p>
          <PasswordField label={text.current} name="password" autoComplete="current-password" />
        </Confirm>
      )}
    </Panel>
  );
}

type TotpSetUpProps = { offer: TotpOffer; onDone(): Promise<void>; onCancel(): void };

function TotpSetUp({ offer, onDone, onCancel }: TotpSetUpProps) {
  const { api } = useSession();
  const text = useText().account;
  const look = useLookText();
  const confirming = useAction(async ({ totp = '' }: Record<string, string>) => {
    await api.confirmTotp(totp);
    await onDone();
  });
  return (
    <>
      <p>{text.totpScan}</p>
      <QrCode text={offer.uri} label={text.totpQr} />
      <CodeBox code={offer.secret} label={text.totpSecret} />
      <Form onSubmit={confirming.run}>
        <TotpField label={text.totpCode} />
        {confirming.problem && (
          <Failure problem={confirming.problem}>
            {confirming.problem.status === 400 || confirming.problem.status === 401
              ? text.totpWrong
              : undefined}
          </Failure>
        )}
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={confirming.busy}>
            {text.totpConfirm}
          </button>
          <button type="button" class="button quiet" onClick={onCancel}>
            {look.cancel}
          </button>
        </div>
      </Form>
    </>
  );
}
