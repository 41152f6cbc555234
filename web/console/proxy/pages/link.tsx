// What stands here without a session: how to get a link.

import { CodeBox } from '../../../look/code.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { useText } from '../text.ts';

export type Closed = 'no-link' | 'expired' | 'ended' | 'closed';

export function LinkPage({ why }: { why: Closed }) {
  const text = useText().link;
  const [title, lead] = {
    'no-link': [text.openTitle, text.openLead],
    expired: [text.expiredTitle, text.expiredLead],
    ended: [text.endedTitle, text.endedLead],
    closed: [text.closedTitle, text.openLead],
  }[why];
  return (
    <div class="narrow-page">
      <PageTitle title={title ?? ''} lead={lead} />
      <CodeBox code="mailbadge proxy console" label={text.command} large />
    </div>
  );
}
