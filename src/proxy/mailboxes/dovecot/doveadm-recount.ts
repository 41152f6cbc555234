// Re-reads counts by Dovecot's doveadm HTTP API, about 1 ms a mailbox, and looks into those that need it. The counts
// come first and stand by themselves: whatever becomes of a look, it costs no count.

import { z } from 'zod';
import type { RecountResult, WatchedMailbox } from '../mailbox-source.ts';
import {
  type DoveadmAnswer,
  DoveadmClient,
  type DoveadmCommand,
  type DoveadmOptions,
} from './doveadm-client.ts';
import { doveadmViews, type Seen } from './doveadm-views.ts';
import type { Recount } from './dovecot-source.ts';

// sysexits.h, as doveadm uses it
const noUser = 67;
const noMailbox = 68;

const maxAnswerBytes = 1_048_576;

const numeric = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(Number);
const statusSchema = z.object({
  unseen: numeric,
  uidvalidity: numeric.optional(),
  uidnext: numeric.optional(),
  highestmodseq: numeric.optional(),
});

export function doveadmRecount(options: DoveadmOptions): Recount {
  const client = new DoveadmClient(options);
  return async (mailboxes, { signal }) => {
    const answers = await client.run(mailboxes.map(statusCommand), { maxBytes: maxAnswerBytes, signal });
    const counted = mailboxes.map((mailbox, index) => judge(mailbox, answers[index]));
    const looking = counted.flatMap(({ seen }) => (seen === undefined ? [] : [seen]));
    const views = await doveadmViews(client, looking, signal);
    return counted.map(({ result, seen }) => {
      const view = seen && views.get(seen);
      return result.outcome === 'counted' && view !== undefined
        ? { ...result, count: { ...result.count, view } }
        : result;
    });
  };
}

function statusCommand({ signInName: user }: WatchedMailbox): DoveadmCommand {
  const field = ['unseen', 'uidvalidity', 'uidnext', 'highestmodseq'];
  return ['mailboxStatus', { user, mailboxMask: ['INBOX'], field }];
}

/** `seen`: what a look goes on from, where one is wanted. */
function judge(
  { id: mailboxId, signInName: user, look }: WatchedMailbox,
  answer: DoveadmAnswer | undefined,
): { result: RecountResult; seen?: Seen } {
  const unreachable = (detail: string) => ({
    result: { mailboxId, outcome: 'unreachable' as const, detail },
  });
  const gone = (detail: string) => ({ result: { mailboxId, outcome: 'gone' as const, detail } });
  if (answer === undefined) return unreachable('doveadm does not answer for it');
  switch (answer.kind) {
    case 'no-answer':
      return unreachable(answer.detail);
    case 'too-large':
      return unreachable('doveadm: the answer is too large');
    case 'error': {
      const { exitCode, type } = answer;
      if (exitCode === noUser) return gone('the user is unknown to Dovecot');
      if (exitCode === noMailbox) return gone('the user has no INBOX');
      return unreachable(`doveadm failed: ${type} ${exitCode ?? ''}`.trim());
    }
    case 'rows': {
      const [inbox] = answer.rows;
      if (inbox === undefined) return gone('the user has no INBOX');
      const status = statusSchema.safeParse(inbox);
      if (!status.success)
        return unreachable('doveadm answers something else than its API: is the url right?');
      const { unseen, uidvalidity: uidValidity, uidnext: uidNext, highestmodseq: modSeq } = status.data;
      const version =
        uidValidity === undefined || modSeq === undefined ? {} : { version: { uidValidity, modSeq } };
      return {
        result: { mailboxId, outcome: 'counted', count: { unseen, ...version } },
        ...(look !== undefined &&
          uidValidity !== undefined &&
          uidNext !== undefined && { seen: { user, look, unseen, uidValidity, uidNext } }),
      };
    }
  }
}
