// Writes JSON lines as they become known. Lines of one turn of the event loop leave as one chunk; when the reader
// has gone, lines are dropped and the work that makes them goes on undisturbed.

export type WriteLine = (value: unknown) => void;

/** `produce` must not reject; the stream ends when it resolves. */
export function ndjsonStream(produce: (write: WriteLine) => Promise<void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let lines = '';
  let readerGone = false;
  return new ReadableStream({
    start(controller) {
      const flush = (): void => {
        if (!readerGone && lines !== '') controller.enqueue(encoder.encode(lines));
        lines = '';
      };
      const write: WriteLine = value => {
        if (readerGone) return;
        if (lines === '') setImmediate(flush);
        lines += `${JSON.stringify(value)}\n`;
      };
      void produce(write).then(() => {
        flush();
        if (!readerGone) controller.close();
        readerGone = true;
      });
    },
    cancel() {
      readerGone = true;
    },
  });
}
