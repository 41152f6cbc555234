// The requests of the Redis protocol (RESP2: arrays of bulk strings), cut out of a byte stream. It is fed by whoever
// can reach the socket, so every length is bounded before a byte is kept (thousands of connections may each hold an
// unfinished command), and after the first fault nothing more is parsed.

export type RespLimits = { maxArguments: number; maxCommandBytes: number };

/** Far above what Dovecot sends: a key, and a value of some 200 bytes. */
export const respLimits: RespLimits = { maxArguments: 8, maxCommandBytes: 8192 };

export type RespInput = {
  commands: string[][];
  /** The stream is not RESP or exceeds a limit: close the connection. */
  fault?: string;
};

const cr = 0x0d;
const lf = 0x0a;
const maxHeaderBytes = 12;

export class RespParser {
  readonly #limits: RespLimits;
  #state: 'array-header' | 'bulk-header' | 'bulk' | 'bulk-end' | 'faulty' = 'array-header';
  #header = '';
  #arguments: string[] = [];
  #missing = 0;
  /** Bytes that the arguments of this command may still have. */
  #room = 0;
  #bulk = Buffer.alloc(0);
  #filled = 0;

  constructor(limits: RespLimits = respLimits) {
    this.#limits = limits;
  }

  /** True between commands. */
  get idle(): boolean {
    return this.#state === 'array-header' && this.#header === '';
  }

  /** Takes the next bytes and returns the commands that they complete. */
  push(chunk: Uint8Array): RespInput {
    const commands: string[][] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#state === 'faulty') break;
      if (this.#state === 'bulk') {
        at += this.#fillBulk(chunk.subarray(at));
        continue;
      }
      const fault = this.#takeByte(chunk[at++] ?? 0, commands);
      if (fault === undefined) continue;
      this.#state = 'faulty';
      return { commands, fault };
    }
    return { commands };
  }

  #fillBulk(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#bulk.length - this.#filled);
    this.#bulk.set(taken, this.#filled);
    this.#filled += taken.length;
    if (this.#filled === this.#bulk.length) this.#state = 'bulk-end';
    return taken.length;
  }

  /** One byte of a header, or of the line end that follows a bulk string. Returns the fault, if it is one. */
  #takeByte(byte: number, commands: string[][]): string | undefined {
    if (this.#header.length >= maxHeaderBytes) return 'a header is too long';
    this.#header += String.fromCharCode(byte);
    if (this.#state === 'bulk-end') {
      if (byte !== (this.#header.length === 1 ? cr : lf)) return 'a bulk string does not end with CRLF';
      if (this.#header.length === 2) this.#argumentRead(commands);
      return undefined;
    }
    const sign = this.#state === 'array-header' ? '*' : '$';
    if (!this.#header.startsWith(sign)) return `"${sign}" was expected`;
    if (byte !== lf) return undefined;
    const digits = /^.(\d{1,9})\r\n$/.exec(this.#header)?.[1];
    if (digits === undefined) return 'a header is malformed';
    this.#header = '';
    return this.#state === 'array-header'
      ? this.#arrayBegins(Number(digits))
      : this.#bulkBegins(Number(digits));
  }

  #arrayBegins(length: number): string | undefined {
    if (length > this.#limits.maxArguments) return 'a command has too many arguments';
    this.#arguments = [];
    this.#missing = length;
    this.#room = this.#limits.maxCommandBytes;
    if (length > 0) this.#state = 'bulk-header';
    return undefined;
  }

  #bulkBegins(length: number): string | undefined {
    if (length > this.#room) return 'a command is too long';
    this.#room -= length;
    this.#bulk = Buffer.alloc(length);
    this.#filled = 0;
    this.#state = length === 0 ? 'bulk-end' : 'bulk';
    return undefined;
  }

  #argumentRead(commands: string[][]): void {
    this.#arguments.push(this.#bulk.toString('utf8'));
    this.#header = '';
    this.#missing -= 1;
    this.#state = this.#missing === 0 ? 'array-header' : 'bulk-header';
    if (this.#missing > 0) return;
    commands.push(this.#arguments);
    this.#arguments = [];
  }
}
