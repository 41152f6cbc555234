// Approving a proxy's certificate (RFC 8628 §3.3). The danger is a code that somebody else sends (§5.4): so the page says
// whose certificate it is, asks to compare it with the terminal, and asks for the password again. A code in the address is
// only filled in; a person presses the button.

import { useState } from 'preact/hooks';
import type { DeviceAuthorization } from '../../../../src/contract/console/relay-console.ts';
import { Thumbprint } from '../../../look/code.tsx';
import { Facts } from '../../../look/facts.tsx';
import { Check, Form, PasswordField, TextField, TotpField } from '../../../look/fields.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNow } from '../../../look/instant.tsx';
import { Notice, Panel } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { Confirm } from '../../confirm.tsx';
import { Failure } from '../../failure.tsx';
import { useAction } from '../../resource.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type Decision = 'approve' | 'deny';

export function ApprovePage({ code }: { code: string }) {
  const { api } = useSession();
  const text = useText().approve;
  const [shown, setShown] = useState<DeviceAuthorization>();
  const [decided, setDecided] = useState<Decision>();
  const looking = useAction(async ({ code = '' }: Record<string, string>) => {
    setShown(await api.deviceAuthorization(code.trim().toUpperCase()));
  });
  return (
    <div class="narrow-page">
      <PageTitle title={text.title} {...(shown === undefined && { lead: text.lead })} />
      {shown === undefined && (
        <div class="panel">
          <Form onSubmit={looking.run}>
            <TextField
              label={text.code}
              name="code"
              size="user-code"
              hint={text.codeHint}
              required
              maxLength={16}
              defaultValue={code.slice(0, 16)}
              autoComplete="off"
              autoCapitalize="characters"
              spellcheck={false}
            />
            {looking.problem && <Failure problem={looking.problem} />}
            <div class="actions">
              <button type="submit" class="button primary" aria-disabled={looking.busy}>
                {text.show}
              </button>
            </div>
          </Form>
        </div>
      )}
      {shown !== undefined && decided === undefined && (
        <Request request={shown} onDecided={setDecided} onOther={() => setShown(undefined)} />
      )}
      {shown !== undefined && decided !== undefined && <Decided request={shown} decision={decided} />}
    </div>
  );
}

type RequestProps = { request: DeviceAuthorization; onDecided(decision: Decision): void; onOther(): void };

function Request({ request, onDecided, onOther }: RequestProps) {
  const text = useText().approve;
  const expired = request.expiresAt <= useNow();
  return (
    <>
      <Notice kind="warn">
        <p>
          <strong>{text.warning}</strong>
        </p>
        <p>{text.warningMore}</p>
      </Notice>
      <Panel title={text.asks}>
        <p class="small">{text.thumbprint}</p>
        <Thumbprint thumbprint={request.thumbprint} />
        <Facts
          facts={[
            [text.organization, <strong key="organization">{request.organization}</strong>],
            [text.subject, request.subject],
            [
              text.validity,
              <span key="validity">
                <Instant at={request.notBefore} /> {text.until} <Instant at={request.notAfter} />
              </span>,
            ],
            [text.proxy, text.proxyFrom(request.address, request.proxyVersion)],
            [text.requested, <Instant key="requested" at={request.requestedAt} />],
            [text.expires, <Instant key="expires" at={request.expiresAt} />],
          ]}
        />
      </Panel>
      {request.decision !== null ? (
        <Notice>{text.decidedBefore[request.decision]}</Notice>
      ) : expired ? (
        <Notice kind="bad">{text.expired}</Notice>
      ) : (
        <DecisionForm request={request} onDecided={onDecided} />
      )}
      <p>
        <button type="button" class="button quiet" onClick={onOther}>
          {text.other}
        </button>
      </p>
    </>
  );
}

function DecisionForm({ request, onDecided }: Omit<RequestProps, 'onOther'>) {
  const { api, me } = useSession();
  const text = useText().approve;
  const [denying, setDenying] = useState(false);
  const decide = async (decision: Decision, { password = '', totp }: Record<string, string>) => {
    const { userCode, keyId } = request;
    await api.decide(userCode, { decision, keyId, password, ...(totp !== undefined && { totp }) });
    onDecided(decision);
  };
  const approving = useAction((values: Record<string, string>) => decide('approve', values));
  return (
    <div class="panel">
      <Form onSubmit={approving.run} label={text.approve}>
        <Check name="compared" required label={text.compared} />
        <PasswordField label={text.password} name="password" autoComplete="current-password" />
        {me.totp && <TotpField label={text.totp} />}
        {approving.problem && (
          <Failure problem={approving.problem}>
            {approving.problem.code === 'sign-in-refused' ? text.refused : undefined}
          </Failure>
        )}
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={approving.busy}>
            {text.approve}
          </button>
          <button type="button" class="button danger" onClick={() => setDenying(true)}>
            {text.deny}
          </button>
        </div>
      </Form>
      {denying && (
        <Confirm
          title={text.denyTitle}
          action={text.deny}
          danger
          onClose={() => setDenying(false)}
          act={() => decide('deny', {})}
        >
          <p>{text.denyLead}</p>
        </Confirm>
      )}
    </div>
  );
}

function Decided({ request, decision }: { request: DeviceAuthorization; decision: Decision }) {
  const { me } = useSession();
  const text = useText().approve;
  if (decision === 'deny') {
    return (
      <Notice alert>
        <p>
          <strong>{text.deniedTitle}</strong>
        </p>
        <p>{text.denied}</p>
      </Notice>
    );
  }
  return (
    <>
      <Notice kind="good" alert>
        <p>
          <strong>{text.approvedTitle}</strong>
        </p>
        <p>{text.approved(request.organization)}</p>
      </Notice>
      {me.organization && (
        <p>
          <a class="button" href={to(`/organizations/${me.organization.id}/credentials`)}>
            {text.toCredentials}
          </a>
        </p>
      )}
    </>
  );
}
