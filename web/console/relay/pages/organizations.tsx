// All organizations, for operators.

import { useState } from 'preact/hooks';
import type { OrganizationView } from '../../../../src/contract/console/relay-console.ts';
import { SearchField, TextField } from '../../../look/fields.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Empty, Pill } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import { EnrolmentCodeDialog } from '../parts/enrolment-code.tsx';
import { OrganizationState } from '../parts/organization-state.tsx';
import type { OrganizationWithCode } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

export function OrganizationsPage() {
  const { api } = useSession();
  const { organizations: text, organization: words } = useText();
  const look = useLookText();
  const list = useResource('organizations', api.organizations);
  const [adding, setAdding] = useState(false);
  const [added, setAdded] = useState<OrganizationWithCode>();
  const [search, setSearch] = useState('');

  const columns: Column<OrganizationView>[] = [
    { title: text.domain, cell: row => <a href={to(`/organizations/${row.id}`)}>{row.domain}</a> },
    { title: text.name, cell: row => row.name ?? look.none },
    { title: text.state, cell: row => <OrganizationState organization={row} /> },
    { title: text.proxy, cell: row => row.proxyVersion ?? look.none },
    { title: text.lastUsed, cell: row => <Instant at={row.lastUsedAt} /> },
    {
      title: text.warnings,
      numeric: true,
      cell: row => (row.warnings.length > 0 ? <Pill tone="warn">{row.warnings.length}</Pill> : look.none),
    },
  ];
  return (
    <>
      <PageTitle
        title={text.title}
        actions={
          <button type="button" class="button primary" onClick={() => setAdding(true)}>
            {text.add}
          </button>
        }
      />
      <Loaded resource={list}>
        {({ organizations }) => {
          const shown = organizations.filter(row =>
            `${row.domain} ${row.name ?? ''}`.toLowerCase().includes(search),
          );
          if (organizations.length === 0) return <Empty>{text.empty}</Empty>;
          return (
            <div class="panel">
              <div class="filters">
                <SearchField
                  label={text.search}
                  value=""
                  onSearch={typed => setSearch(typed.toLowerCase())}
                />
              </div>
              {shown.length > 0 ? (
                <Table caption={text.title} columns={columns} rows={shown} rowKey={row => row.id} />
              ) : (
                <Empty>{text.noMatch}</Empty>
              )}
            </div>
          );
        }}
      </Loaded>
      {adding && (
        <Confirm
          title={text.addTitle}
          action={text.add}
          onClose={() => setAdding(false)}
          act={async ({ domain = '', name = '', contact = '' }) => {
            const answer = await api.addOrganization({
              domain,
              ...(name !== '' && { name }),
              ...(contact !== '' && { contact }),
            });
            announce(text.added(answer.organization.domain));
            setAdded(answer);
            list.reload();
          }}
        >
          <p class="muted">{text.addLead}</p>
          <TextField
            label={text.domain}
            name="domain"
            required
            maxLength={254}
            spellcheck={false}
            autoCapitalize="none"
          />
          <TextField label={`${text.name} (${text.optional})`} name="name" maxLength={120} />
          <TextField
            label={`${words.contact} (${text.optional})`}
            name="contact"
            type="email"
            maxLength={254}
          />
        </Confirm>
      )}
      {added && !adding && <EnrolmentCodeDialog made={added} onClose={() => setAdded(undefined)} />}
    </>
  );
}
