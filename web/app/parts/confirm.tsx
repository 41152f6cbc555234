// Asks before something is taken away, says what happens, and stays open with the reason when it failed.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../../look/dialog.tsx';
import { useLookText } from '../../look/locale.tsx';
import type { Trouble } from '../trouble.ts';
import { TroubleNotice } from './trouble-notice.tsx';

type ConfirmProps = {
  title: string;
  /** What the button does, as a verb. */
  action: string;
  act(): Promise<Trouble | undefined>;
  onClose(): void;
  children: ComponentChildren;
};

export function Confirm({ title, action, act, onClose, children }: ConfirmProps) {
  const look = useLookText();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const run = async () => {
    if (busy) return;
    setBusy(true);
    const failure = await act();
    if (failure === undefined) onClose();
    setTrouble(failure);
    setBusy(false);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {trouble && <TroubleNotice trouble={trouble} />}
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {look.cancel}
        </button>
        <button type="button" class="button danger primary" aria-disabled={busy} onClick={() => void run()}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
