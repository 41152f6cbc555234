// A list that is searched, filtered by state and read a page at a time: what mailboxes, icons and subscriptions share.

import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import { SearchField, SelectField } from '../../../look/fields.tsx';
import { Empty } from '../../../look/panel.tsx';
import { More } from '../../../look/table.tsx';
import { Failure, Loaded } from '../../failure.tsx';
import { type Resource, usePages } from '../../resource.ts';
import type { Page } from '../proxy-api.ts';
import { useText } from '../text.ts';

export type RowListProps<Row, Answer extends { more: boolean }> = {
  name: string;
  /** The first one is chosen at the beginning; '' is all. */
  states: readonly (readonly [state: string, label: string])[];
  load(page: Page, signal?: AbortSignal): Promise<Answer>;
  rowsOf(answer: Answer): (Row & { id: string })[];
  empty(state: string): ComponentChild;
  children(
    rows: (Row & { id: string })[],
    list: Pick<Resource<unknown>, 'reload'>,
    state: string,
  ): ComponentChild;
};

export function RowList<Row, Answer extends { more: boolean }>({
  name,
  states,
  load,
  rowsOf,
  empty,
  children,
}: RowListProps<Row, Answer>) {
  const text = useText().filter;
  const [search, setSearch] = useState('');
  const [state, setState] = useState(states[0]?.[0] ?? '');
  const list = usePages<Row & { id: string }, Answer>(`${name} ${state} ${search}`, {
    pageAfter: (last, signal) => load({ search, state, after: last?.id }, signal),
    entriesOf: rowsOf,
  });
  return (
    <div class="panel">
      <div class="filters">
        <SearchField label={text.search} value={search} onSearch={setSearch} />
        <SelectField
          label={text.state}
          name="state"
          options={states}
          value={state}
          onChange={chosen => setState(chosen)}
        />
      </div>
      <Loaded resource={list}>
        {({ entries, more }) => (
          <>
            {entries.length > 0 ? (
              children(entries, list, state)
            ) : (
              <Empty>{search === '' ? empty(state) : text.noMatch}</Empty>
            )}
            {list.next.problem && <Failure problem={list.next.problem} />}
            {more && <More busy={list.next.busy} onMore={() => list.next.run()} />}
          </>
        )}
      </Loaded>
    </div>
  );
}
