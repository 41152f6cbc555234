// Who did what, newest first.

import type { AuditList } from '../../../../src/contract/console/relay-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Empty } from '../../../look/panel.tsx';
import { type Column, More, Table } from '../../../look/table.tsx';
import { Failure, Loaded } from '../../failure.tsx';
import { usePages } from '../../resource.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type Entry = AuditList['entries'][number];

export function AuditPage() {
  const { api, me } = useSession();
  const text = useText().audit;
  const look = useLookText();
  const list = usePages<Entry, AuditList>('audit', {
    pageAfter: (last, signal) => api.audit(last?.id, signal),
    entriesOf: page => page.entries,
  });
  const columns: Column<Entry>[] = [
    { title: text.at, cell: row => <Instant at={row.at} /> },
    {
      title: text.actor,
      cell: row => (
        <>
          {row.actor} <span class="muted small">{text.actorKinds[row.actorKind] ?? row.actorKind}</span>
        </>
      ),
    },
    { title: text.action, cell: row => text.actions[row.action] ?? row.action },
    { title: text.subject, cell: row => row.subject ?? look.none },
    ...(me.role === 'operator'
      ? [{ title: text.organization, cell: (row: Entry) => row.organization ?? look.none }]
      : []),
    { title: text.detail, cell: row => <Detail detail={row.detail} /> },
    { title: text.address, cell: row => row.address ?? look.none },
  ];
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <Loaded resource={list}>
        {({ entries, more }) =>
          entries.length === 0 ? (
            <Empty>{text.empty}</Empty>
          ) : (
            <div class="panel">
              <Table caption={text.title} columns={columns} rows={entries} rowKey={row => String(row.id)} />
              {list.next.problem && <Failure problem={list.next.problem} />}
              {more && <More busy={list.next.busy} onMore={() => list.next.run()} />}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function Detail({ detail }: { detail: Entry['detail'] }) {
  const look = useLookText();
  if (detail === null) return <>{look.none}</>;
  return (
    <>
      {Object.entries(detail).map(([name, value]) => (
        <span class="small" key={name}>
          <span class="muted">{name}</span>{' '}
          <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
          <br />
        </span>
      ))}
    </>
  );
}
