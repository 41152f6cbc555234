// Commands to Dovecot by its doveadm HTTP API: a hundred a request, a few requests at once. The API closes its
// connection after each answer. An answer that is too large is asked for again in halves, so that one mailbox or
// message that is too large spoils no other's.

import { z } from 'zod';
import type { Clock } from '../../../runtime/clock.ts';
import { describeError } from '../../../runtime/errors.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import { ParallelLimit } from '../parallel-limit.ts';

export type DoveadmOptions = { url: string; apiKey: Secret; fetch: typeof fetch; clock: Clock };

export type DoveadmCommand = [name: string, parameters: Record<string, string | readonly string[]>];

export type DoveadmAnswer =
  /** Values are strings, numbers too. */
  | { kind: 'rows'; rows: readonly Record<string, string>[] }
  /** `exitCode` is of sysexits.h. */
  | { kind: 'error'; exitCode: number | undefined; type: string }
  | { kind: 'no-answer'; detail: string }
  | { kind: 'too-large' };

const batchSize = 100;
const parallelRequests = 4;
const requestTimeoutMs = 30_000;

const answerSchema = z.array(
  z.union([
    z.tuple([z.literal('doveadmResponse'), z.array(z.record(z.string(), z.string())), z.string()]),
    z.tuple([
      z.literal('error'),
      z.object({ type: z.string(), exitCode: z.number().optional() }),
      z.string(),
    ]),
  ]),
);

export class DoveadmClient {
  readonly #options: DoveadmOptions;
  readonly #limit = new ParallelLimit(parallelRequests);

  constructor(options: DoveadmOptions) {
    this.#options = options;
  }

  /** One answer for each command, in their order. Rejects only with the signal's reason. */
  async run(
    commands: readonly DoveadmCommand[],
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<DoveadmAnswer[]> {
    const batches = Array.from({ length: Math.ceil(commands.length / batchSize) }, (_, index) =>
      commands.slice(index * batchSize, (index + 1) * batchSize),
    );
    const answers = await Promise.all(batches.map(batch => this.#runBatch(batch, options)));
    return answers.flat();
  }

  async #runBatch(
    commands: readonly DoveadmCommand[],
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<DoveadmAnswer[]> {
    const { signal } = options;
    try {
      const text = await this.#limit.run(() => this.#request(commands, options), signal);
      if (text !== undefined) return matchAnswers(commands, answerSchema.parse(JSON.parse(text)));
      if (commands.length === 1) return [{ kind: 'too-large' }];
      const half = Math.ceil(commands.length / 2);
      const halves = [commands.slice(0, half), commands.slice(half)];
      return (await Promise.all(halves.map(part => this.#runBatch(part, options)))).flat();
    } catch (error) {
      signal.throwIfAborted();
      const detail =
        error instanceof SyntaxError || error instanceof z.ZodError
          ? 'doveadm answers something else than its API: is the url right?'
          : `doveadm: ${describeError(error)}`;
      return commands.map(() => ({ kind: 'no-answer', detail }));
    }
  }

  /** The answer's text, undefined when it is too large; throws when there is none. */
  async #request(
    commands: readonly DoveadmCommand[],
    { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
  ): Promise<string | undefined> {
    const { url, apiKey, fetch, clock } = this.#options;
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
        body: JSON.stringify(commands.map((command, index) => [...command, `${index}`])),
      });
      if (response.status === 401 || response.status === 403) throw new Error('the API key is refused');
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      return await boundedText(response, maxBytes);
    } finally {
      deadline.cancel();
    }
  }
}

async function boundedText(response: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Answers are matched by their tag, the command's place in the request. */
function matchAnswers(
  commands: readonly DoveadmCommand[],
  answers: z.output<typeof answerSchema>,
): DoveadmAnswer[] {
  const byTag = new Map(answers.map(answer => [answer[2], answer]));
  return commands.map((_, index): DoveadmAnswer => {
    const answer = byTag.get(`${index}`);
    if (answer === undefined) return { kind: 'no-answer', detail: 'doveadm does not answer for it' };
    if (answer[0] === 'doveadmResponse') return { kind: 'rows', rows: answer[1] };
    const { exitCode, type } = answer[1];
    return { kind: 'error', exitCode, type };
  });
}
