// The mailboxes that are watched.

import type { MailboxList } from '../../../../src/contract/console/proxy-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Pill, type Tone } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { MailboxName } from '../parts/names.tsx';
import { RowList } from '../parts/row-list.tsx';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type Mailbox = MailboxList['mailboxes'][number];

const tones: Record<Mailbox['state'], Tone> = {
  watched: 'good',
  unreachable: 'bad',
  refused: 'bad',
  gone: 'warn',
};

export function MailboxesPage() {
  const api = useApi();
  const { mailboxes: text, filter } = useText();
  const look = useLookText();
  const number = useNumber();
  const columns: Column<Mailbox>[] = [
    { title: text.mailbox, cell: row => <MailboxName mailbox={row.id} /> },
    {
      title: text.state,
      cell: row => (
        <>
          <Pill tone={tones[row.state]}>{text.states[row.state]}</Pill>
          {row.state !== 'watched' && (
            <>
              <br />
              <span class="muted small">{row.stateDetail}</span> <Instant at={row.stateAt} />
            </>
          )}
        </>
      ),
    },
    {
      title: text.unseen,
      numeric: true,
      cell: row => (row.unseen === null ? look.none : number(row.unseen)),
    },
    { title: text.counted, cell: row => <Instant at={row.countedAt} /> },
    {
      title: text.lastEvent,
      cell: row => (
        <>
          <Instant at={row.lastEventAt} />
          {row.lastEventCause !== null && (
            <span class="muted small"> {text.causes[row.lastEventCause] ?? row.lastEventCause}</span>
          )}
        </>
      ),
    },
    { title: text.icons, numeric: true, cell: row => number(row.icons) },
  ];
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <RowList<Mailbox, MailboxList>
        name="mailboxes"
        states={[['', filter.all], ...Object.entries(text.states)]}
        load={api.mailboxes}
        rowsOf={({ mailboxes }) => mailboxes}
        empty={() => text.empty}
      >
        {rows => <Table caption={text.title} columns={columns} rows={rows} rowKey={row => row.id} />}
      </RowList>
    </>
  );
}
