// Who may sign in to this console. A new or reset password is shown once.

import { useState } from 'preact/hooks';
import { CodeBox } from '../../../look/code.tsx';
import { Dialog } from '../../../look/dialog.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Pill } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { Failure, Loaded } from '../../failure.tsx';
import { useAction, useResource } from '../../resource.ts';
import { AddAdministratorDialog } from '../parts/add-administrator.tsx';
import type { AddedAdministrator, Administrator } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type Asking = { act: 'add' } | { act: 'reset' | 'disable'; of: Administrator };

export function AdministratorsPage() {
  const { api } = useSession();
  const text = useText().administrators;
  const list = useResource('administrators', api.administrators);
  const [asking, setAsking] = useState<Asking>();
  const [added, setAdded] = useState<AddedAdministrator>();
  const enabling = useAction(async ({ id, email }: Administrator) => {
    await api.enable(id);
    list.reload();
    announce(text.enabled(email));
  });
  const close = () => setAsking(undefined);
  return (
    <>
      <PageTitle
        title={text.title}
        lead={text.lead}
        actions={
          <button type="button" class="button primary" onClick={() => setAsking({ act: 'add' })}>
            {text.add}
          </button>
        }
      />
      {enabling.problem && <Failure problem={enabling.problem} />}
      <Loaded resource={list}>
        {({ administrators }) => (
          <div class="panel">
            <AdministratorTable administrators={administrators} onAsk={setAsking} onEnable={enabling.run} />
          </div>
        )}
      </Loaded>
      {asking?.act === 'add' && (
        <AddAdministratorDialog
          onClose={close}
          onAdded={answer => {
            setAdded(answer);
            list.reload();
          }}
        />
      )}
      {asking?.act === 'reset' && (
        <Confirm
          title={text.resetTitle(asking.of.email)}
          action={text.reset}
          danger
          onClose={close}
          act={async () => {
            setAdded(await api.resetPassword(asking.of.id));
            list.reload();
          }}
        >
          <p>{text.resetLead}</p>
        </Confirm>
      )}
      {asking?.act === 'disable' && (
        <Confirm
          title={text.disableTitle(asking.of.email)}
          action={text.disable}
          danger
          onClose={close}
          act={async () => {
            await api.disable(asking.of.id);
            list.reload();
            announce(text.disabled(asking.of.email));
          }}
        >
          <p>{text.disableLead}</p>
        </Confirm>
      )}
      {added && asking === undefined && (
        <Dialog title={text.passwordTitle(added.email)} onClose={() => setAdded(undefined)}>
          <p>{text.passwordLead}</p>
          <CodeBox code={added.password} label={text.passwordLabel} large />
          <div class="actions">
            <button type="button" class="button primary" onClick={() => setAdded(undefined)}>
              {text.done}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

type AdministratorTableProps = {
  administrators: Administrator[];
  onAsk(asking: Asking): void;
  onEnable(administrator: Administrator): void;
};

function AdministratorTable({ administrators, onAsk, onEnable }: AdministratorTableProps) {
  const { me } = useSession();
  const { administrators: text, roles } = useText();
  const look = useLookText();
  const columns: Column<Administrator>[] = [
    {
      title: text.email,
      cell: row => (
        <>
          {row.email} {row.id === me.id && <span class="muted small">({text.you})</span>}
        </>
      ),
    },
    ...(me.role === 'operator'
      ? [
          { title: text.role, cell: (row: Administrator) => roles[row.role] },
          { title: text.organization, cell: (row: Administrator) => row.organization ?? look.none },
        ]
      : []),
    {
      title: text.state,
      cell: row =>
        row.disabledAt === null ? (
          <Pill tone="good">{text.states.enabled}</Pill>
        ) : (
          <Pill tone="bad">{text.states.disabled}</Pill>
        ),
    },
    { title: text.totp, cell: row => (row.totp ? text.on : text.off) },
    { title: text.lastSignIn, cell: row => <Instant at={row.lastSignInAt} /> },
    {
      title: '',
      label: text.actions,
      actions: true,
      cell: row =>
        row.id !== me.id && (
          <span class="actions">
            <button type="button" class="button compact" onClick={() => onAsk({ act: 'reset', of: row })}>
              {text.reset}
              <span class="visually-hidden">: {row.email}</span>
            </button>
            {row.disabledAt === null ? (
              <button
                type="button"
                class="button compact danger"
                onClick={() => onAsk({ act: 'disable', of: row })}
              >
                {text.disable}
                <span class="visually-hidden">: {row.email}</span>
              </button>
            ) : (
              <button type="button" class="button compact" onClick={() => onEnable(row)}>
                {text.enable}
                <span class="visually-hidden">: {row.email}</span>
              </button>
            )}
          </span>
        ),
    },
  ];
  return <Table caption={text.title} columns={columns} rows={administrators} rowKey={row => row.id} />;
}
