// Cuts a stream of bytes into lines of bounded length (newline-delimited JSON). Bytes, not text, are cut: a newline
// is never part of a UTF-8 sequence.

const newline = 0x0a;

export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #onLine: (line: string) => void;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor({ maxLineBytes, onLine }: { maxLineBytes: number; onLine: (line: string) => void }) {
    this.#maxLineBytes = maxLineBytes;
    this.#onLine = onLine;
  }

  /** Throws when a line is too long. An empty line is skipped. */
  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      this.#length += piece.length;
      if (this.#length > this.#maxLineBytes) {
        throw new Error(`a line of the answer is longer than ${this.#maxLineBytes} bytes`);
      }
      if (piece.length > 0) this.#pieces.push(piece);
      if (end === -1) return;
      this.#emit();
      start = end + 1;
    }
  }

  /** The last line may lack its newline. */
  end(): void {
    this.#emit();
  }

  #emit(): void {
    if (this.#length > 0) this.#onLine(Buffer.concat(this.#pieces).toString('utf8'));
    this.#pieces = [];
    this.#length = 0;
  }
}
