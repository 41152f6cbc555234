// The probe: its button, and the last result in the three fields that administrators know, with every stage.

import type { Probe } from '../../../../src/contract/console/proxy-console.ts';
import { Facts } from '../../../look/facts.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Panel, Pill } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Failure } from '../../failure.tsx';
import { useAction } from '../../resource.ts';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type ProbePanelProps = { last: Probe | null; onProbed(): void };

export function ProbePanel({ last, onProbed }: ProbePanelProps) {
  const api = useApi();
  const text = useText().probe;
  const probing = useAction(async () => {
    const probe = await api.probe();
    onProbed();
    announce(`${text.resultType}: ${probe.resultType ?? ''}`);
  });
  return (
    <Panel
      title={text.title}
      actions={
        <button
          type="button"
          class="button primary"
          aria-disabled={probing.busy}
          onClick={() => probing.run()}
        >
          {probing.busy ? text.running : text.run}
        </button>
      }
    >
      <p class="muted">{text.lead}</p>
      {probing.problem && <Failure problem={probing.problem} />}
      {last === null ? <p class="muted">{text.never}</p> : <ProbeResult probe={last} />}
    </Panel>
  );
}

type Stage = Probe['stages'][number];

function ProbeResult({ probe }: { probe: Probe }) {
  const text = useText().probe;
  const look = useLookText();
  const number = useNumber();
  if (probe.resultType === null) return <p class="muted">{text.under}</p>;
  const columns: Column<Stage>[] = [
    { title: text.stage, cell: stage => text.stages[stage.name] ?? stage.name },
    { title: text.time, numeric: true, cell: stage => `${number(stage.ms)} ms` },
    { title: text.detail, cell: stage => stage.detail ?? look.none },
  ];
  return (
    <>
      <Facts
        facts={[
          [
            text.resultType,
            <Pill key="result" tone={probe.resultType === 'Succeeded' ? 'good' : 'bad'}>
              {probe.resultType}
            </Pill>,
          ],
          [text.error, probe.error],
          [text.exception, probe.exception],
          probe.failureClass !== null && [text.failureClass, probe.failureClass],
          probe.remedy !== null && [text.remedy, <strong key="remedy">{probe.remedy}</strong>],
          [
            text.last,
            <span key="when">
              <Instant at={probe.endedAt ?? probe.requestedAt} />{' '}
              <span class="muted small">
                {text.by[probe.requestedBy]} · {probe.node}
              </span>
            </span>,
          ],
        ]}
      />
      {probe.stages.length > 0 && (
        <Table caption={text.last} columns={columns} rows={probe.stages} rowKey={stage => stage.name} />
      )}
    </>
  );
}
