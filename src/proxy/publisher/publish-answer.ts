// Reads what a relay answers to a batch, as it arrives: one result per line (NDJSON), one JSON document, or a problem
// document. Hands over only results for ids that were sent, each once; what it does not know it passes by.

import { type NotificationResult, notificationResultSchema } from '../../contract/outcomes.ts';
import { type Problem, problemSchema } from '../../contract/problem.ts';
import type { PublishRequest } from '../../contract/publishing.ts';
import type { AnswerHead, BodySink } from '../../runtime/http/http-client.ts';
import { LineSplitter } from './ndjson-lines.ts';

/** A result with a replacement target stays far below it. */
const lineBytes = 16 * 1024;
const problemBytes = 64 * 1024;

export type AnswerObserver = {
  onResult(result: NotificationResult): void;
  /** The relay's clock, read just before it wrote this. */
  onRelayTime(relayTime: number): void;
};

export class PublishAnswer {
  readonly #open: Set<string>;
  readonly #observer: AnswerObserver;
  #whole: { chunks: Buffer[]; length: number; maxBytes: number } | undefined;
  #lines: LineSplitter | undefined;

  constructor(request: PublishRequest, observer: AnswerObserver) {
    this.#open = new Set(request.notifications.map(notification => notification.id));
    this.#observer = observer;
  }

  /** Where the body goes; throws on an answer that cannot be one. */
  receive({ status, headers }: AnswerHead): BodySink {
    const type = headers['content-type'] ?? '';
    if (status === 200 && type.startsWith('application/x-ndjson')) {
      const lines = new LineSplitter({ maxLineBytes: lineBytes, onLine: line => this.#readLine(line) });
      this.#lines = lines;
      return chunk => lines.push(chunk);
    }
    const maxBytes = status === 200 ? this.#open.size * lineBytes + problemBytes : problemBytes;
    const whole = { chunks: [] as Buffer[], length: 0, maxBytes };
    this.#whole = whole;
    return chunk => {
      whole.length += chunk.length;
      if (whole.length > whole.maxBytes) throw new Error(`the answer is larger than ${whole.maxBytes} bytes`);
      whole.chunks.push(chunk);
    };
  }

  /** The body of a 200 has ended. Throws when it is malformed. */
  finish(): void {
    if (this.#lines !== undefined) {
      this.#lines.end();
      return;
    }
    const document = JSON.parse(this.#text()) as { relayTime?: unknown; results?: unknown } | null;
    if (!Array.isArray(document?.results)) throw new Error('the answer has no results');
    this.#readTime(document);
    for (const result of document.results) this.#readResult(result);
  }

  /** The problem document of an answer other than 200, if it is one. */
  problem(): Problem | undefined {
    try {
      return problemSchema.safeParse(JSON.parse(this.#text())).data;
    } catch {
      return undefined;
    }
  }

  #text(): string {
    return Buffer.concat(this.#whole?.chunks ?? []).toString('utf8');
  }

  #readLine(line: string): void {
    const value: unknown = JSON.parse(line);
    this.#readTime(value);
    this.#readResult(value);
  }

  #readTime(value: unknown): void {
    const { relayTime } = Object(value) as { relayTime?: unknown };
    if (typeof relayTime === 'number' && Number.isSafeInteger(relayTime))
      this.#observer.onRelayTime(relayTime);
  }

  #readResult(value: unknown): void {
    const parsed = notificationResultSchema.safeParse(value);
    if (parsed.success && this.#open.delete(parsed.data.id)) this.#observer.onResult(parsed.data);
  }
}
