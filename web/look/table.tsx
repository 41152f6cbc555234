// A table; cards when its container is narrow. The explicit roles keep it a table for screen readers even then,
// because `display: block` takes the native ones away.

import type { ComponentChildren } from 'preact';
import { useLookText } from './locale.tsx';

export type Column<Row> = {
  /** '' for a column of buttons: it has a name for screen readers only, `label`. */
  title: string;
  label?: string;
  numeric?: boolean;
  actions?: boolean;
  cell(row: Row): ComponentChildren;
};

type TableProps<Row> = {
  /** What the table is, for screen readers; a heading above says it to everyone else. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
};

export function Table<Row>({ caption, columns, rows, rowKey }: TableProps<Row>) {
  return (
    <div class="table-container">
      {/* biome-ignore-start lint/a11y/noRedundantRoles: lost with display: block, see above */}
      <table class="table" role="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column, index) => (
              <th
                key={index}
                scope="col"
                role="columnheader"
                class={column.numeric ? 'number-cell' : undefined}
              >
                {column.title || <span class="visually-hidden">{column.label}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(row => (
            <tr key={rowKey(row)} role="row">
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={index} scope="row" role="rowheader" data-label={column.title}>
                    <span>{column.cell(row)}</span>
                  </th>
                ) : (
                  <td key={index} role="cell" data-label={column.title} class={classOf(column)}>
                    <span>{column.cell(row)}</span>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {/* biome-ignore-end lint/a11y/noRedundantRoles: lost with display: block, see above */}
    </div>
  );
}

function classOf<Row>({ numeric, actions }: Column<Row>): string | undefined {
  if (numeric) return 'number-cell';
  return actions ? 'actions-cell' : undefined;
}

/** The button below a list that has more. */
export function More({ busy, onMore }: { busy: boolean; onMore(): void }) {
  const text = useLookText();
  return (
    <div class="table-more">
      <button type="button" class="button" disabled={busy} onClick={onMore}>
        {busy ? text.loading : text.more}
      </button>
    </div>
  );
}
