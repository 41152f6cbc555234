// How the proxy stands: whether it publishes, the way of a badge with numbers, what needs somebody, the probe.

import { useState } from 'preact/hooks';
import type { Overview } from '../../../../src/contract/console/proxy-console.ts';
import { Facts, Numbers } from '../../../look/facts.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Notice, Panel, Pill } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { Failure, Loaded } from '../../failure.tsx';
import { useAction, useResource } from '../../resource.ts';
import { ProbePanel } from '../parts/probe.tsx';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

export function OverviewPage() {
  const api = useApi();
  const text = useText().overview;
  const overview = useResource('overview', api.overview);
  const [disabling, setDisabling] = useState(false);
  const enabling = useAction(async () => {
    overview.replace(await api.enable());
    announce(text.enabledNow);
  });
  const enabled = overview.data?.enabled;
  return (
    <>
      <PageTitle
        title={text.title}
        actions={
          enabled !== undefined &&
          (enabled ? (
            <button type="button" class="button danger" onClick={() => setDisabling(true)}>
              {text.disable}
            </button>
          ) : (
            <button
              type="button"
              class="button primary"
              aria-disabled={enabling.busy}
              onClick={() => enabling.run()}
            >
              {text.enable}
            </button>
          ))
        }
      >
        {enabled !== undefined && (
          <Pill tone={enabled ? 'good' : 'bad'}>{enabled ? text.enabled : text.disabled}</Pill>
        )}
      </PageTitle>
      {enabling.problem && <Failure problem={enabling.problem} />}
      <Loaded resource={overview}>
        {data => (
          <>
            <Warnings overview={data} onThawed={overview.reload} />
            <Way overview={data} />
            <ProbePanel last={data.lastProbe} onProbed={overview.reload} />
            <Nodes nodes={data.nodes} />
          </>
        )}
      </Loaded>
      {disabling && (
        <Confirm
          title={text.disableTitle}
          action={text.disable}
          danger
          onClose={() => setDisabling(false)}
          act={async () => {
            overview.replace(await api.disable());
            announce(text.disabledNow);
          }}
        >
          <ul>
            {text.disableConsequences.map(consequence => (
              <li key={consequence}>{consequence}</li>
            ))}
          </ul>
        </Confirm>
      )}
    </>
  );
}

function Warnings({ overview, onThawed }: { overview: Overview; onThawed(): void }) {
  const api = useApi();
  const text = useText().overview;
  const [thawing, setThawing] = useState(false);
  const { warnings, endingsFrozenAt } = overview;
  return (
    <>
      {(warnings.length > 0 || endingsFrozenAt !== null) && (
        <ul class="notices" aria-label={text.warnings}>
          {endingsFrozenAt !== null && (
            <li>
              <Notice kind="bad">
                <p>
                  <strong>{text.frozen}</strong> · <Instant at={endingsFrozenAt} />
                </p>
                <p>{text.frozenLead}</p>
                <div class="actions">
                  <button type="button" class="button compact" onClick={() => setThawing(true)}>
                    {text.thaw}
                  </button>
                </div>
              </Notice>
            </li>
          )}
          {warnings.map(({ code, message, hint }) => (
            <li key={code + message}>
              <Notice kind="warn">
                <p>
                  <strong>{message}</strong>
                </p>
                {hint !== null && <p>{hint}</p>}
              </Notice>
            </li>
          ))}
        </ul>
      )}
      {thawing && (
        <Confirm
          title={text.thawTitle}
          action={text.thaw}
          onClose={() => setThawing(false)}
          act={async () => {
            await api.thaw();
            announce(text.thawed);
            onThawed();
          }}
        >
          <p>{text.thawLead}</p>
        </Confirm>
      )}
    </>
  );
}

/** Mail server → proxy → relay, each with its numbers. */
function Way({ overview }: { overview: Overview }) {
  const text = useText().overview;
  const look = useLookText();
  const number = useNumber();
  const { mailboxes, icons, subscriptions, relay } = overview;
  const troubled = (name: string, value: number, tone: 'warn' | 'bad') =>
    value > 0 ? [{ name, value: number(value), tone }] : [];
  return (
    <ol class="way" aria-label={text.way}>
      <li>
        <Panel title={text.mailServer}>
          <Numbers
            figures={[
              { name: text.watched, value: number(mailboxes.watched) },
              ...troubled(text.unreachable, mailboxes.unreachable, 'bad'),
              ...troubled(text.refused, mailboxes.refused, 'bad'),
              ...troubled(text.gone, mailboxes.gone, 'warn'),
            ]}
          />
          <Facts facts={[[text.source, overview.source]]} />
        </Panel>
      </li>
      <li>
        <Panel title={text.proxy}>
          <Numbers
            figures={[
              { name: text.icons, value: number(icons.live) },
              { name: text.right, value: number(icons.right) },
              ...troubled(text.waiting, icons.waiting, 'warn'),
              ...troubled(text.paused, icons.paused, 'warn'),
              { name: text.subscriptions, value: number(subscriptions.live) },
              ...troubled(text.expiringSoon, subscriptions.expiringSoon, 'warn'),
            ]}
          />
          <Facts
            facts={[
              [text.organization, overview.organization],
              [text.version, overview.version],
            ]}
          />
          {subscriptions.endedRestorable > 0 && (
            <p class="small">
              <a href={to('/subscriptions')}>{text.restorable(number(subscriptions.endedRestorable))}</a>
            </p>
          )}
        </Panel>
      </li>
      <li>
        <Panel title={text.relay}>
          <p>
            <Pill tone={relay.connected ? 'good' : 'bad'}>
              {relay.connected ? text.connected : text.notConnected}
            </Pill>
          </p>
          <Facts
            facts={[
              [text.address, overview.uri ?? relay.url ?? look.none],
              [text.version, relay.version],
            ]}
          />
        </Panel>
      </li>
    </ol>
  );
}

function Nodes({ nodes }: { nodes: Overview['nodes'] }) {
  const text = useText().overview;
  const columns: Column<Overview['nodes'][number]>[] = [
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
    <Panel title={text.nodes}>
      <Table caption={text.nodes} columns={columns} rows={nodes} rowKey={row => row.name} />
    </Panel>
  );
}
