// The relay's own keys, for operators. Rotating puts a new one in front and takes nothing away.

import { useState } from 'preact/hooks';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { Panel, Pill } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import type { RelayKeys } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type Key = RelayKeys['keys'][number];

export function KeysPage() {
  const { api } = useSession();
  const text = useText().keys;
  const list = useResource('keys', api.keys);
  const [rotating, setRotating] = useState<string>();
  const nameOf = (purpose: string) => {
    const [kind = '', app] = purpose.split(':', 2); // vapid:<app>
    const name = text.purposes[kind] ?? kind;
    return app === undefined ? name : `${name}: ${app}`;
  };
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <Loaded resource={list}>
        {({ keys }) => (
          <>
            {[...new Set(keys.map(key => key.purpose))].map(purpose => (
              <KeyRing
                key={purpose}
                name={nameOf(purpose)}
                keys={keys.filter(key => key.purpose === purpose)}
                onRotate={() => setRotating(purpose)}
              />
            ))}
            {rotating !== undefined && (
              <Confirm
                title={text.rotateTitle(nameOf(rotating))}
                action={text.rotate}
                onClose={() => setRotating(undefined)}
                act={async () => {
                  await api.rotateKey(rotating);
                  list.reload();
                  announce(text.rotated);
                }}
              >
                <p>{text.rotateConsequences[rotating] ?? text.rotateOther}</p>
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

type KeyRingProps = { name: string; keys: Key[]; onRotate(): void };

function KeyRing({ name, keys, onRotate }: KeyRingProps) {
  const text = useText().keys;
  const ordered = keys.toSorted((a, b) => b.createdAt - a.createdAt);
  const front = ordered.find(key => key.retiredAt === null);
  const columns: Column<Key>[] = [
    { title: text.id, cell: row => <code>{row.id}</code> },
    { title: text.created, cell: row => <Instant at={row.createdAt} /> },
    {
      title: text.state,
      cell: row => {
        if (row.retiredAt !== null) return <Pill>{text.states.retired}</Pill>;
        return row === front ? (
          <Pill tone="good">{text.states.newest}</Pill>
        ) : (
          <Pill tone="accent">{text.states.older}</Pill>
        );
      },
    },
  ];
  return (
    <Panel
      title={name}
      actions={
        keys.some(key => key.rotatable) ? (
          <button
            type="button"
            class="button compact"
            aria-label={`${text.rotate}: ${name}`}
            onClick={onRotate}
          >
            {text.rotate}
          </button>
        ) : (
          <span class="muted small">{text.notRotatable}</span>
        )
      }
    >
      <Table caption={name} columns={columns} rows={ordered} rowKey={row => row.id} />
    </Panel>
  );
}
