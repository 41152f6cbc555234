// Re-reads counts by Dovecot's doveadm HTTP API: a hundred mailboxes a request, a few requests at once (about 1 ms a
// mailbox). The API closes its connection after each answer, and gives numbers as strings.

import { z } from 'zod';
import type { Clock } from '../../../runtime/clock.ts';
import { describeError } from '../../../runtime/errors.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { RecountResult, WatchedMailbox } from '../mailbox-source.ts';
import { ParallelLimit } from '../parallel-limit.ts';
import type { Recount } from './dovecot-source.ts';

export type DoveadmRecountOptions = { url: string; apiKey: Secret; fetch: typeof fetch; clock: Clock };

const batchSize = 100;
const parallelRequests = 4;
const requestTimeoutMs = 30_000;
const maxAnswerBytes = 1_048_576;

// sysexits.h, as doveadm uses it
const noUser = 67;
const noMailbox = 68;

const numeric = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(Number);
const status = z.object({
  unseen: numeric,
  uidvalidity: numeric.optional(),
  highestmodseq: numeric.optional(),
});
const answerSchema = z.array(
  z.union([
    z.tuple([z.literal('doveadmResponse'), z.array(status), z.string()]),
    z.tuple([
      z.literal('error'),
      z.object({ type: z.string(), exitCode: z.number().optional() }),
      z.string(),
    ]),
  ]),
);
type Answer = z.output<typeof answerSchema>;

export function doveadmRecount(options: DoveadmRecountOptions): Recount {
  const limit = new ParallelLimit(parallelRequests);
  return async (mailboxes, { signal }) => {
    const batches = Array.from({ length: Math.ceil(mailboxes.length / batchSize) }, (_, index) =>
      mailboxes.slice(index * batchSize, (index + 1) * batchSize),
    );
    const results = await Promise.all(
      batches.map(batch => limit.run(() => recountBatch(batch, signal, options), signal)),
    );
    return results.flat();
  };
}

async function recountBatch(
  mailboxes: readonly WatchedMailbox[],
  signal: AbortSignal,
  options: DoveadmRecountOptions,
): Promise<RecountResult[]> {
  try {
    return judgeAnswer(mailboxes, answerSchema.parse(JSON.parse(await request(mailboxes, signal, options))));
  } catch (error) {
    signal.throwIfAborted();
    const detail =
      error instanceof SyntaxError || error instanceof z.ZodError
        ? 'doveadm answers something else than its API: is the url right?'
        : `doveadm: ${describeError(error)}`;
    return mailboxes.map(({ id }) => ({ mailboxId: id, outcome: 'unreachable', detail }));
  }
}

/** The answer's text; throws when there is none. */
async function request(
  mailboxes: readonly WatchedMailbox[],
  signal: AbortSignal,
  { url, apiKey, fetch, clock }: DoveadmRecountOptions,
): Promise<string> {
  const timeout = new AbortController();
  const deadline = clock.after(requestTimeoutMs, () => timeout.abort(new Error('no answer in time')), {
    background: true,
  });
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.any([signal, timeout.signal]),
      headers: {
        'content-type': 'application/json',
        authorization: `X-Dovecot-API ${Buffer.from(apiKey.reveal()).toString('base64')}`,
      },
      body: JSON.stringify(
        mailboxes.map(({ signInName }, index) => [
          'mailboxStatus',
          { user: signInName, mailboxMask: ['INBOX'], field: ['unseen', 'uidvalidity', 'highestmodseq'] },
          `${index}`,
        ]),
      ),
    });
    if (response.status === 401 || response.status === 403) throw new Error('the API key is refused');
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return await boundedText(response);
  } finally {
    deadline.cancel();
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One result for each mailbox. Answers are matched by their tag, the mailbox's place in the batch. */
export function judgeAnswer(mailboxes: readonly WatchedMailbox[], answer: Answer): RecountResult[] {
  const byTag = new Map(answer.map(entry => [entry[2], entry]));
  return mailboxes.map(({ id: mailboxId }, index): RecountResult => {
    const entry = byTag.get(`${index}`);
    if (entry === undefined)
      return { mailboxId, outcome: 'unreachable', detail: 'doveadm does not answer for it' };
    if (entry[0] === 'error') {
      const { exitCode, type } = entry[1];
      if (exitCode === noUser)
        return { mailboxId, outcome: 'gone', detail: 'the user is unknown to Dovecot' };
      if (exitCode === noMailbox) return { mailboxId, outcome: 'gone', detail: 'the user has no INBOX' };
      return {
        mailboxId,
        outcome: 'unreachable',
        detail: `doveadm failed: ${type} ${exitCode ?? ''}`.trim(),
      };
    }
    const [inbox] = entry[1];
    if (inbox === undefined) return { mailboxId, outcome: 'gone', detail: 'the user has no INBOX' };
    const { unseen, uidvalidity, highestmodseq } = inbox;
    const versioned = uidvalidity !== undefined && highestmodseq !== undefined;
    return {
      mailboxId,
      outcome: 'counted',
      count: {
        unseen,
        ...(versioned && { version: { uidValidity: uidvalidity, modSeq: highestmodseq } }),
      },
    };
  });
}
