// Subscriptions: live, expiring soon, ended. What ended by mistake is brought back.

import { useState } from 'preact/hooks';
import type { SubscriptionList } from '../../../../src/contract/console/proxy-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { Failure } from '../../failure.tsx';
import { useAction } from '../../resource.ts';
import { DeviceName, MailboxName } from '../parts/names.tsx';
import { RowList } from '../parts/row-list.tsx';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type Subscription = SubscriptionList['subscriptions'][number];
type State = 'live' | 'expiring' | 'ended';

export function SubscriptionsPage() {
  const api = useApi();
  const text = useText().subscriptions;
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <RowList<Subscription, SubscriptionList>
        name="subscriptions"
        states={Object.entries(text.tabs)}
        load={api.subscriptions}
        rowsOf={({ subscriptions }) => subscriptions}
        empty={state => text.empty[state as State]}
      >
        {(rows, list, state) => (
          <SubscriptionTable rows={rows} ended={state === 'ended'} onChanged={list.reload} />
        )}
      </RowList>
    </>
  );
}

type SubscriptionTableProps = { rows: Subscription[]; ended: boolean; onChanged(): void };

function SubscriptionTable({ rows, ended, onChanged }: SubscriptionTableProps) {
  const api = useApi();
  const text = useText().subscriptions;
  const look = useLookText();
  const number = useNumber();
  const [ending, setEnding] = useState<Subscription>();
  const restoring = useAction(async ({ id }: Subscription) => {
    await api.restore(id);
    announce(text.restored);
    onChanged();
  });
  const named = (row: Subscription) => `${row.mailbox}, ${row.deviceName ?? row.iconId}`;
  const columns: Column<Subscription>[] = [
    { title: text.mailbox, cell: row => <MailboxName mailbox={row.mailbox} /> },
    {
      title: text.device,
      cell: row => (
        <>
          <DeviceName iconId={row.iconId} deviceName={row.deviceName} />
          <br />
          <span class="muted small">{row.appId}</span>
        </>
      ),
    },
    { title: text.count, numeric: true, cell: row => (row.count === null ? look.none : number(row.count)) },
    { title: text.renewed, cell: row => <Instant at={row.renewedAt} /> },
    ...(ended
      ? [
          { title: text.ended, cell: (row: Subscription) => <Instant at={row.endedAt} /> },
          {
            title: text.reason,
            cell: (row: Subscription) => text.reasons[row.endedReason ?? ''] ?? row.endedReason ?? look.none,
          },
        ]
      : [{ title: text.expires, cell: (row: Subscription) => <Instant at={row.expiresAt} /> }]),
    {
      title: '',
      label: ended ? text.undo : text.end,
      actions: true,
      cell: row => {
        if (row.endedAt === null) {
          return (
            <button
              type="button"
              class="button compact danger"
              aria-label={`${text.end}: ${named(row)}`}
              onClick={() => setEnding(row)}
            >
              {text.end}
            </button>
          );
        }
        if (!row.restorable) return <span class="muted small">{text.notRestorable}</span>;
        return (
          <button
            type="button"
            class="button compact"
            aria-label={`${text.undo}: ${named(row)}`}
            aria-disabled={restoring.busy}
            onClick={() => restoring.run(row)}
          >
            {text.undo}
          </button>
        );
      },
    },
  ];
  return (
    <>
      {restoring.problem && <Failure problem={restoring.problem} />}
      <Table caption={text.title} columns={columns} rows={rows} rowKey={row => row.id} />
      {ending && (
        <Confirm
          title={text.endTitle}
          action={text.end}
          danger
          onClose={() => setEnding(undefined)}
          act={async () => {
            await api.end(ending.id);
            announce(text.endedNow);
            onChanged();
          }}
        >
          <ul>
            {text.endConsequences(ending.mailbox).map(consequence => (
              <li key={consequence}>{consequence}</li>
            ))}
          </ul>
        </Confirm>
      )}
    </>
  );
}
