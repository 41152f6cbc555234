// Signing an organization up: a form, then a TXT record that proves the domain, then signing in. The browser that began
// keeps where it was, because a change of DNS may take longer than a page stays open.

import { useState } from 'preact/hooks';
import type { SignUp } from '../../../../src/contract/console/relay-console.ts';
import { CodeBox } from '../../../look/code.tsx';
import { Facts } from '../../../look/facts.tsx';
import { Form, PasswordField, TextField } from '../../../look/fields.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { forget, recall, remember } from '../../../look/memory.ts';
import { Notice } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { Failure } from '../../failure.tsx';
import { useAction } from '../../resource.ts';
import type { RelayApi } from '../relay-api.ts';
import { useText } from '../text.ts';

const memory = 'sign-up';

export function SignUpPage({ api }: { api: RelayApi }) {
  const [begun, setBegun] = useState(rememberedSignUp);
  const [proved, setProved] = useState(false);
  const keep = (signUp: SignUp | undefined) => {
    if (signUp === undefined) forget(memory);
    else remember(memory, JSON.stringify(signUp));
    setBegun(signUp);
  };
  if (begun === undefined) return <SignUpForm api={api} onBegun={keep} />;
  if (proved) return <SignUpDone domain={begun.domain} />;
  return (
    <DomainProof
      api={api}
      signUp={begun}
      onProved={() => {
        forget(memory);
        setProved(true);
      }}
      onRestart={() => keep(undefined)}
    />
  );
}

function rememberedSignUp(): SignUp | undefined {
  try {
    const signUp = JSON.parse(recall(memory) ?? 'null') as SignUp | null;
    return signUp !== null && signUp.expiresAt > Date.now() ? signUp : undefined;
  } catch {
    return undefined;
  }
}

function SignUpForm({ api, onBegun }: { api: RelayApi; onBegun(signUp: SignUp): void }) {
  const text = useText().signUp;
  const signing = useAction(
    async ({ name = '', domain = '', contact = '', email = '', password = '' }: Record<string, string>) => {
      onBegun(await api.signUp({ name, domain, contact, email, password }));
    },
  );
  return (
    <div class="narrow-page">
      <PageTitle title={text.title} lead={text.lead} />
      <div class="panel">
        <Form onSubmit={signing.run}>
          <TextField label={text.name} name="name" autoComplete="organization" required maxLength={120} />
          <TextField
            label={text.domain}
            name="domain"
            hint={text.domainHint}
            required
            pattern="\s*[^\s@.]+(\.[^\s@.]+)+\.?\s*"
            maxLength={254}
            spellcheck={false}
            autoCapitalize="none"
          />
          <TextField
            label={text.contact}
            name="contact"
            type="email"
            hint={text.contactHint}
            required
            maxLength={254}
          />
          <h2>{text.you}</h2>
          <TextField
            label={text.email}
            name="email"
            type="email"
            autoComplete="username"
            required
            maxLength={254}
          />
          <PasswordField
            label={text.password}
            name="password"
            hint={text.passwordHint}
            autoComplete="new-password"
            minLength={12}
          />
          {signing.problem && <Failure problem={signing.problem} />}
          <div class="actions">
            <button type="submit" class="button primary" aria-disabled={signing.busy}>
              {text.submit}
            </button>
          </div>
        </Form>
      </div>
      <p class="muted">
        {text.haveAccount} <a href={to('/')}>{text.toSignIn}</a>
      </p>
    </div>
  );
}

type DomainProofProps = { api: RelayApi; signUp: SignUp; onProved(): void; onRestart(): void };

function DomainProof({ api, signUp, onProved, onRestart }: DomainProofProps) {
  const text = useText().signUp;
  const [found, setFound] = useState<{ detail: string | null }>();
  const checking = useAction(async () => {
    setFound(undefined);
    const { proved, detail } = await api.checkSignUp(signUp.id);
    if (proved) onProved();
    else setFound({ detail });
  });
  const { name, type, value } = signUp.record;
  return (
    <div class="narrow-page">
      <PageTitle title={text.proveTitle(signUp.domain)} lead={text.proveLead} />
      <div class="panel">
        <Facts
          facts={[
            [text.recordType, <code key="type">{type}</code>],
            [text.recordName, <CodeBox key="name" code={name} label={text.recordName} />],
            [text.recordValue, <CodeBox key="value" code={value} label={text.recordValue} />],
            [text.until, <Instant key="until" at={signUp.expiresAt} />],
          ]}
        />
        {found && (
          <Notice kind="warn" alert>
            <p>
              <strong>{text.notYet}</strong> {found.detail}
            </p>
            <p>{text.notYetHint}</p>
          </Notice>
        )}
        {checking.problem && <Failure problem={checking.problem} />}
        <div class="actions">
          <button
            type="button"
            class="button primary"
            aria-disabled={checking.busy}
            onClick={() => checking.run()}
          >
            {checking.busy ? text.checking : text.check}
          </button>
          <button type="button" class="button quiet" onClick={onRestart}>
            {text.restart}
          </button>
        </div>
      </div>
    </div>
  );
}

function SignUpDone({ domain }: { domain: string }) {
  const text = useText().signUp;
  return (
    <div class="narrow-page">
      <PageTitle title={text.doneTitle} />
      <Notice kind="good">{text.done(domain)}</Notice>
      <p>
        <a class="button primary" href={to('/')}>
          {text.toSignIn}
        </a>
      </p>
    </div>
  );
}
