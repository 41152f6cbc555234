// Why a badge shows what it shows: the conclusion first, then the facts behind it.

import type { Why } from '../../../../src/contract/console/proxy-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Notice, Panel } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type Fact = Why['facts'][number];

export function WhyPage({ of }: { of: string }) {
  const api = useApi();
  const text = useText().why;
  const look = useLookText();
  const why = useResource(of, signal => api.why(of, signal));
  const columns: Column<Fact>[] = [
    { title: text.stage, cell: row => text.stages[row.stage] ?? row.stage },
    { title: text.text, cell: row => row.text },
    { title: text.at, cell: row => <Instant at={row.at} absent={look.none} /> },
  ];
  return (
    <>
      <PageTitle
        title={text.of(of)}
        actions={
          <button type="button" class="button" aria-disabled={why.loading} onClick={why.reload}>
            {text.again}
          </button>
        }
      />
      <Loaded resource={why}>
        {({ conclusion, remedy, facts }) => (
          <>
            <Notice kind={remedy === null ? 'good' : 'warn'}>
              <p>
                <strong>{conclusion}</strong>
              </p>
              {remedy !== null && (
                <p>
                  {text.remedy}: {remedy}
                </p>
              )}
            </Notice>
            <Panel title={text.facts}>
              <Table
                caption={text.facts}
                columns={columns}
                rows={facts}
                rowKey={row => `${row.stage} ${row.at} ${row.text}`}
              />
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}
