// The relay itself: versions, nodes, warnings.

import type { RelayStatus } from '../../../../src/contract/console/relay-console.ts';
import { Facts } from '../../../look/facts.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { Empty, Notice, Panel, Pill } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

export function StatusPage() {
  const { api, me } = useSession();
  const text = useText().status;
  const status = useResource('status', api.status);
  const columns: Column<RelayStatus['nodes'][number]>[] = [
    { title: text.node, cell: row => row.name },
    {
      title: text.state,
      cell: row => (row.running ? <Pill tone="good">{text.running}</Pill> : <Pill>{text.stopped}</Pill>),
    },
    { title: text.version, cell: row => row.version },
    { title: text.started, cell: row => <Instant at={row.startedAt} /> },
    { title: text.seen, cell: row => <Instant at={row.seenAt} /> },
  ];
  return (
    <>
      <PageTitle title={text.title} />
      <Loaded resource={status}>
        {({ issuer, version, minimumProxyVersion, nodes, warnings }) => (
          <>
            <Panel title={text.relay}>
              <Facts
                facts={[
                  [text.issuer, <code key="issuer">{issuer}</code>],
                  [text.version, version],
                  [text.minimumProxyVersion, minimumProxyVersion],
                ]}
              />
            </Panel>
            <Panel title={text.warnings}>
              {warnings.length === 0 && <p class="muted">{text.noWarnings}</p>}
              {warnings.length > 0 && (
                <ul class="notices">
                  {warnings.map(warning => (
                    <li key={warning}>
                      <Notice kind="warn">{warning}</Notice>
                    </li>
                  ))}
                </ul>
              )}
            </Panel>
            {me.role === 'operator' && (
              <Panel title={text.nodes}>
                {nodes.length === 0 ? (
                  <Empty>{text.noNodes}</Empty>
                ) : (
                  <Table caption={text.nodes} columns={columns} rows={nodes} rowKey={row => row.name} />
                )}
              </Panel>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
