// An enrolment code: shown this once.

import { CodeBox } from '../../../look/code.tsx';
import { Dialog } from '../../../look/dialog.tsx';
import { Instant } from '../../../look/instant.tsx';
import type { OrganizationWithCode } from '../relay-api.ts';
import { useText } from '../text.ts';

export function EnrolmentCodeDialog({ made, onClose }: { made: OrganizationWithCode; onClose(): void }) {
  const text = useText().credentials;
  return (
    <Dialog title={text.codeTitle(made.organization.domain)} onClose={onClose}>
      <p>{text.codeLead}</p>
      <CodeBox code={made.enrolmentCode} label={text.codeLabel} large />
      <p class="muted">
        {text.codeUntil} <Instant at={made.expiresAt} />
      </p>
      <div class="actions">
        <button type="button" class="button primary" onClick={onClose}>
          {text.done}
        </button>
      </div>
    </Dialog>
  );
}
