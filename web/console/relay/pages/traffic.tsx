// Notifications by outcome: a picture, its totals as its legend, and every number behind it.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Traffic } from '../../../../src/contract/console/relay-console.ts';
import { Chart, type ChartSeries } from '../../../look/chart.tsx';
import { SelectField } from '../../../look/fields.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { localTime, useNumber } from '../../../look/instant.tsx';
import { useLocale, useLookText } from '../../../look/locale.tsx';
import { Empty, Panel } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { Loaded } from '../../failure.tsx';
import { type OutcomeKind, useOutcomes } from '../../outcome-words.ts';
import { useResource } from '../../resource.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

export function TrafficPage() {
  const { api } = useSession();
  const text = useText().traffic;
  const organizations = useResource('organizations', api.organizations);
  const [chosen, setChosen] = useState('');
  const list = organizations.data?.organizations ?? [];
  return (
    <>
      <PageTitle title={text.title} lead={text.leadAll} />
      <TrafficPanel id={chosen === '' ? undefined : chosen}>
        <SelectField
          label={text.organization}
          name="organization"
          options={[['', text.all] as const, ...list.map(({ id, domain }) => [id, domain] as const)]}
          value={chosen}
          onChange={setChosen}
        />
      </TrafficPanel>
    </>
  );
}

export function OrganizationTraffic({ id }: { id: string }) {
  const text = useText().traffic;
  return (
    <>
      <p class="muted">{text.leadOne}</p>
      <TrafficPanel id={id} />
    </>
  );
}

const ranges = ['1', '24', '168', '720'] as const;

type TrafficPanelProps = { id: string | undefined; children?: ComponentChildren };

function TrafficPanel({ id, children }: TrafficPanelProps) {
  const { api } = useSession();
  const text = useText().traffic;
  const [hours, setHours] = useState<(typeof ranges)[number]>('24');
  const traffic = useResource(`${id} ${hours}`, signal => api.traffic(id, hours, signal));
  return (
    <Panel title={text.ranges[hours]}>
      <div class="filters">
        {children}
        <SelectField
          label={text.range}
          name="range"
          options={ranges.map(range => [range, text.ranges[range]] as const)}
          value={hours}
          onChange={range => setHours(range)}
        />
      </div>
      <Loaded resource={traffic}>{data => <TrafficView traffic={data} />}</Loaded>
    </Panel>
  );
}

function TrafficView({ traffic }: { traffic: Traffic }) {
  const text = useText().traffic;
  const look = useLookText();
  const number = useNumber();
  const locale = useLocale();
  const describe = useOutcomes();
  const total = traffic.series.reduce((sum, series) => sum + series.total, 0);
  if (total === 0) return <Empty>{text.empty}</Empty>;

  const drawn = drawnSeries(traffic.series, { describe, other: text.other });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const totals: Column<DrawnSeries>[] = [
    {
      title: text.outcome,
      cell: row => (
        <>
          <span class={`swatch ${row.color}`} />
          {row.label}
        </>
      ),
    },
    { title: text.count, numeric: true, cell: row => number(row.total) },
    { title: text.share, numeric: true, cell: row => percent.format(row.total / total) },
  ];
  const buckets = (drawn[0]?.counts ?? []).map((_, index) => index);
  const busy = buckets.filter(index => drawn.some(({ counts }) => (counts[index] ?? 0) > 0)).toReversed();
  const numbers: Column<number>[] = [
    { title: look.from, cell: index => localTime(traffic.from + index * traffic.bucketMs, locale) },
    ...drawn.map(({ label, counts }) => ({
      title: label,
      numeric: true,
      cell: (index: number) => number(counts[index] ?? 0),
    })),
  ];
  return (
    <>
      <Chart
        label={text.chart(number(total))}
        from={traffic.from}
        bucketMs={traffic.bucketMs}
        series={drawn}
      />
      <Table caption={text.title} columns={totals} rows={drawn} rowKey={row => row.label} />
      <p class="muted small">{text.explained}</p>
      <details class="numbers-behind">
        <summary>{look.showNumbers}</summary>
        <Table caption={text.title} columns={numbers} rows={busy} rowKey={String} />
      </details>
    </>
  );
}

type DrawnSeries = ChartSeries & { total: number };

/** Colours of the chart by kind, the commonest first; the last one is for whatever is left. */
const colors: Record<OutcomeKind, string[]> = {
  accepted: ['series-0'],
  deferred: ['series-1', 'series-3'],
  rejected: ['series-2'],
  unknown: ['series-5'],
};
const leftColor = 'series-4';
const kinds: OutcomeKind[] = ['accepted', 'deferred', 'rejected', 'unknown'];

/** Accepted at the bottom, then what was deferred, then what was rejected; rare reasons of a kind in one. */
function drawnSeries(
  series: Traffic['series'],
  words: { describe: ReturnType<typeof useOutcomes>; other: string },
): DrawnSeries[] {
  const described = series.map(each => ({ ...each, ...words.describe(each.outcome) }));
  const left: typeof described = [];
  const drawn = kinds.flatMap(kind => {
    const ofKind = described.filter(each => each.kind === kind).toSorted((a, b) => b.total - a.total);
    left.push(...ofKind.slice(colors[kind].length));
    return colors[kind].flatMap((color, index) => {
      const each = ofKind[index];
      return each === undefined ? [] : [{ label: each.label, color, counts: each.counts, total: each.total }];
    });
  });
  if (left.length === 0) return drawn;
  const counts = (left[0]?.counts ?? []).map((_, index) =>
    left.reduce((sum, each) => sum + (each.counts[index] ?? 0), 0),
  );
  const total = left.reduce((sum, each) => sum + each.total, 0);
  return [...drawn, { label: words.other, color: leftColor, counts, total }];
}
