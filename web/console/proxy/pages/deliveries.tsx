// The latest outcomes, with how long each took from the mailbox to the provider.

import type { DeliveryList } from '../../../../src/contract/console/proxy-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Empty, Panel, Pill, type Tone } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { type Column, Table } from '../../../look/table.tsx';
import { Loaded } from '../../failure.tsx';
import { type OutcomeKind, useOutcomes } from '../../outcome-words.ts';
import { useResource } from '../../resource.ts';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type Delivery = DeliveryList['deliveries'][number];

const tones: Record<OutcomeKind, Tone | undefined> = {
  accepted: 'good',
  rejected: 'bad',
  deferred: 'warn',
  unknown: undefined,
};

export function DeliveriesPage() {
  const api = useApi();
  const text = useText().deliveries;
  const list = useResource('deliveries', api.deliveries);
  return (
    <>
      <PageTitle
        title={text.title}
        lead={text.lead}
        actions={
          <button type="button" class="button" aria-disabled={list.loading} onClick={list.reload}>
            {text.refresh}
          </button>
        }
      />
      <Loaded resource={list}>
        {({ deliveries }) =>
          deliveries.length === 0 ? <Empty>{text.empty}</Empty> : <DeliveryTable deliveries={deliveries} />
        }
      </Loaded>
    </>
  );
}

function DeliveryTable({ deliveries }: { deliveries: Delivery[] }) {
  const text = useText().deliveries;
  const look = useLookText();
  const number = useNumber();
  const describe = useOutcomes();
  const ms = (value: number) => `${number(Math.round(value))} ms`;
  const latencies = deliveries
    .flatMap(({ outcome, latencyMs }) => (outcome === 'accepted' && latencyMs !== null ? [latencyMs] : []))
    .toSorted((a, b) => a - b);
  const median = latencies[Math.floor(latencies.length / 2)];
  const slowest = latencies.at(-1);
  const columns: Column<Delivery>[] = [
    { title: text.at, cell: row => <Instant at={row.at} /> },
    {
      title: text.icon,
      cell: row => (
        <a href={to(`/icons/why?${new URLSearchParams({ of: row.iconId })}`)}>
          <code>{row.iconId}</code>
        </a>
      ),
    },
    { title: text.badge, numeric: true, cell: row => number(row.badge) },
    { title: text.provider, cell: row => row.provider },
    {
      title: text.outcome,
      cell: row => <Pill tone={tones[row.outcome]}>{describe(row.reason ?? row.outcome).label}</Pill>,
    },
    {
      title: text.latency,
      numeric: true,
      cell: row => (row.latencyMs === null ? look.none : ms(row.latencyMs)),
    },
    {
      title: text.trace,
      cell: row => (
        <span class="small">
          <code>{row.traceId}</code>
          {row.providerId !== null && (
            <>
              <br />
              <span class="muted">{text.providerId}</span> <code>{row.providerId}</code>
            </>
          )}
        </span>
      ),
    },
  ];
  return (
    <Panel title={text.outcome}>
      {median !== undefined && slowest !== undefined && (
        <p class="muted">{text.latencies(ms(median), ms(slowest))}</p>
      )}
      <Table
        caption={text.title}
        columns={columns}
        rows={deliveries}
        rowKey={row => `${row.at} ${row.iconId} ${row.traceId} ${row.outcome}`}
      />
    </Panel>
  );
}
