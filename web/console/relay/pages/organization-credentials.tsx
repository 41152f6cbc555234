// An organization's application and its key credentials: which are there, which one is in use, and how to add one.

import { useState } from 'preact/hooks';
import type { Credential } from '../../../../src/contract/console/relay-console.ts';
import { CodeBox } from '../../../look/code.tsx';
import { Facts } from '../../../look/facts.tsx';
import { Check, TextField } from '../../../look/fields.tsx';
import { Instant, useNow } from '../../../look/instant.tsx';
import { Empty, Panel, Pill, type Tone } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { EnrolmentCodeDialog } from '../parts/enrolment-code.tsx';
import type { OrganizationDetail, OrganizationWithCode } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type CredentialsProps = { detail: OrganizationDetail /** After an act. */; onStale(): void };

export function OrganizationCredentials({ detail, onStale }: CredentialsProps) {
  const { api, me } = useSession();
  const { credentials: text, organization: words } = useText();
  const [removing, setRemoving] = useState<Credential>();
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<OrganizationWithCode>();
  const { organization, credentials } = detail;
  return (
    <>
      <Panel title={text.application}>
        <p class="muted">{text.applicationLead}</p>
        <Facts
          facts={[
            [
              text.applicationId,
              <CodeBox key="id" code={organization.applicationId} label={text.applicationId} />,
            ],
            [words.realm, <CodeBox key="realm" code={organization.realm} label={words.realm} />],
            [text.issuer, <CodeBox key="issuer" code={me.relay.issuer} label={text.issuer} />],
          ]}
        />
      </Panel>
      <Panel
        title={text.title}
        actions={
          <button type="button" class="button compact" onClick={() => setAsking(true)}>
            {text.newCode}
          </button>
        }
      >
        <CredentialTable credentials={credentials} onRemove={setRemoving} />
      </Panel>
      {removing && (
        <Confirm
          title={text.removeTitle}
          action={text.remove}
          danger
          onClose={() => setRemoving(undefined)}
          act={async ({ reason = '' }) => {
            await api.removeCredential(organization.id, removing.keyId, reason);
            announce(text.removed);
            onStale();
          }}
        >
          <p>
            <code>{removing.thumbprint}</code>
          </p>
          <p>{removing.inUse ? text.removeInUse : text.removeIdle}</p>
          <p>{text.removeFinal}</p>
          <TextField label={words.reason} name="reason" required maxLength={200} hint={words.reasonHint} />
        </Confirm>
      )}
      {asking && (
        <Confirm
          title={text.newCodeTitle}
          action={text.make}
          onClose={() => setAsking(false)}
          act={async () => setMade(await api.newEnrolmentCode(organization.id))}
        >
          <p>{text.newCodeLead}</p>
        </Confirm>
      )}
      {made && !asking && <EnrolmentCodeDialog made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

type CredentialState = 'inUse' | 'valid' | 'notYet' | 'expiring' | 'expired' | 'revoked';

const tones: Record<CredentialState, Tone | undefined> = {
  inUse: 'good',
  valid: 'accent',
  notYet: undefined,
  expiring: 'warn',
  expired: 'bad',
  revoked: undefined,
};

/** A proxy renews by itself 60 days ahead: within 30, somebody should look. */
const soonMs = 30 * 24 * 60 * 60_000;

function statesOf(credential: Credential, now: number): CredentialState[] {
  if (credential.revokedAt !== null) return ['revoked'];
  if (credential.endAt <= now) return ['expired'];
  if (credential.startAt > now) return ['notYet'];
  const states: CredentialState[] = [credential.inUse ? 'inUse' : 'valid'];
  if (credential.endAt - now < soonMs) states.push('expiring');
  return states;
}

type CredentialTableProps = { credentials: Credential[]; onRemove(credential: Credential): void };

function CredentialTable({ credentials, onRemove }: CredentialTableProps) {
  const text = useText().credentials;
  const now = useNow();
  const [withRemoved, setWithRemoved] = useState(false);
  const removed = credentials.filter(credential => credential.revokedAt !== null).length;
  const shown = credentials.filter(credential => withRemoved || credential.revokedAt === null);
  const columns: Column<Credential>[] = [
    {
      title: text.thumbprint,
      cell: row => (
        <>
          <code>{row.thumbprint}</code>
          <br />
          <span class="muted small">
            {row.type}, {row.usage}
          </span>
        </>
      ),
    },
    {
      title: text.state,
      cell: row => (
        <span class="actions">
          {statesOf(row, now).map(state => (
            <Pill key={state} tone={tones[state]}>
              {text.states[state]}
            </Pill>
          ))}
        </span>
      ),
    },
    {
      title: text.valid,
      cell: row => (
        <>
          <Instant at={row.startAt} />
          {text.until} <Instant at={row.endAt} />
        </>
      ),
    },
    {
      title: text.registered,
      cell: row => (
        <>
          <Instant at={row.registeredAt} />
          {row.registeredBy && <span class="muted small"> {text.by(row.registeredBy)}</span>}
        </>
      ),
    },
    {
      title: text.lastUsed,
      cell: row => (
        <>
          <Instant at={row.lastUsedAt} />
          {row.lastAddress && <span class="muted small"> {text.from(row.lastAddress, row.lastVersion)}</span>}
        </>
      ),
    },
    {
      title: '',
      label: text.remove,
      actions: true,
      cell: row =>
        row.revokedAt === null ? (
          <button
            type="button"
            class="button compact danger"
            aria-label={`${text.remove}: ${row.thumbprint}`}
            onClick={() => onRemove(row)}
          >
            {text.remove}
          </button>
        ) : (
          <span class="muted small">{row.revokedReason}</span>
        ),
    },
  ];
  return (
    <>
      {shown.length > 0 ? (
        <Table caption={text.title} columns={columns} rows={shown} rowKey={row => row.keyId} />
      ) : (
        <Empty>
          <p>{text.empty}</p>
          <p>{text.emptyHint}</p>
        </Empty>
      )}
      {removed > 0 && (
        <Check label={text.showRemoved(removed)} checked={withRemoved} onChange={setWithRemoved} />
      )}
    </>
  );
}
