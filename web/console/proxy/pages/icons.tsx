// Icons: the badge wanted, shown, and reported by the device itself.

import type { IconList } from '../../../../src/contract/console/proxy-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Pill, type Tone } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { useOutcomes } from '../../outcome-words.ts';
import { DeviceName, MailboxName } from '../parts/names.tsx';
import { RowList } from '../parts/row-list.tsx';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type Icon = IconList['icons'][number];

const tones: Record<Icon['state'], Tone | undefined> = {
  right: 'good',
  waiting: 'accent',
  paused: 'warn',
  ended: undefined,
};

export function IconsPage() {
  const api = useApi();
  const { icons: text, filter } = useText();
  const look = useLookText();
  const number = useNumber();
  const describe = useOutcomes();
  const columns: Column<Icon>[] = [
    {
      title: text.device,
      cell: row => (
        <>
          <DeviceName iconId={row.id} deviceName={row.deviceName} />
          <br />
          <span class="muted small">
            {row.appId} · {row.provider}
          </span>
        </>
      ),
    },
    {
      title: text.mailboxes,
      cell: row =>
        row.mailboxes.length === 0
          ? look.none
          : row.mailboxes.map(mailbox => (
              <div key={mailbox}>
                <MailboxName mailbox={mailbox} />
              </div>
            )),
    },
    {
      title: text.wanted,
      numeric: true,
      cell: row => (row.wanted === null ? look.none : number(row.wanted)),
    },
    {
      title: text.shown,
      numeric: true,
      cell: row => (row.shown === null ? <span class="muted">{text.unknown}</span> : number(row.shown)),
    },
    {
      title: text.reported,
      cell: row =>
        row.reportedBadge === null ? (
          look.none
        ) : (
          <>
            {number(row.reportedBadge)} <Instant at={row.reportedAt} />
          </>
        ),
    },
    {
      title: text.state,
      cell: row => (
        <>
          <Pill tone={tones[row.state]}>{text.states[row.state]}</Pill>
          {row.stateDetail !== null && (
            <>
              <br />
              <span class="muted small">{describe(row.stateDetail).label}</span>
            </>
          )}
        </>
      ),
    },
  ];
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <RowList<Icon, IconList>
        name="icons"
        states={[['', filter.all], ...Object.entries(text.states)]}
        load={api.icons}
        rowsOf={({ icons }) => icons}
        empty={() => text.empty}
      >
        {rows => <Table caption={text.title} columns={columns} rows={rows} rowKey={row => row.id} />}
      </RowList>
    </>
  );
}
