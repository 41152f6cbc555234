// A dialog that asks before an act, says what will happen, and stays open with the reason when the act failed.

import type { ComponentChildren } from 'preact';
import { Dialog } from '../look/dialog.tsx';
import { Form } from '../look/fields.tsx';
import { useLookText } from '../look/locale.tsx';
import { Failure } from './failure.tsx';
import { useAction } from './resource.ts';

type ConfirmProps = {
  title: string;
  /** What the button does, as a verb: never "OK". */
  action: string;
  danger?: boolean;
  onClose(): void;
  act(values: Record<string, string>): Promise<void>;
  children: ComponentChildren;
};

export function Confirm({ title, action, danger = false, onClose, act, children }: ConfirmProps) {
  const text = useLookText();
  const acting = useAction(async (values: Record<string, string>) => {
    await act(values);
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSubmit={acting.run}>
        {children}
        {acting.problem && <Failure problem={acting.problem} />}
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {text.cancel}
          </button>
          <button
            type="submit"
            class={danger ? 'button danger primary' : 'button primary'}
            aria-disabled={acting.busy}
          >
            {action}
          </button>
        </div>
      </Form>
    </Dialog>
  );
}
