// A small Redis server that Dovecot's notify_status plugin writes to. A mail process waits for our answer while it
// delivers, so every command is answered before anything is done about it. Whoever reaches the socket may send
// anything: input, output and connections are bounded, and nothing that arrives can throw.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../../runtime/clock.ts';
import { listen } from '../../../runtime/listen.ts';
import { RespParser } from './resp-parser.ts';
import { type KeyChange, RespSession } from './resp-session.ts';
import { grantAccess, removeStaleSocket, type UnixSocketAddress } from './unix-socket.ts';

export type RespAddress = UnixSocketAddress | { host: string; port: number };

export type RespListenerOptions = {
  address: RespAddress;
  clock: Clock;
  /** Called for each change, after it has been acknowledged. Answers whether its key is one of ours. */
  onChange(change: KeyChange): boolean;
  /** A connection was closed because of what it sent. */
  onFault(fault: string): void;
  /**
   * For one more, the oldest that has told nothing of ours is closed, or else the one that has been quiet longest; Dovecot
   * opens another when it needs one.
   */
  maxConnections?: number;
};

/** An unfinished command, and the first one, must be there within this time. */
const commandDeadlineMs = 10_000;
const maxUnreadReplyBytes = 16_384;

export class RespListener implements AsyncDisposable {
  readonly #options: Required<RespListenerOptions>;
  readonly #server: Server;
  /** In the order of their last command. */
  readonly #sockets = new Set<Socket>();
  /** Of them, those that have told nothing of ours: whoever reaches a port can open connections, and cut off no other. */
  readonly #strangers = new Set<Socket>();

  private constructor(options: RespListenerOptions) {
    this.#options = { maxConnections: 10_000, ...options };
    this.#server = createServer({ noDelay: true }, socket => this.#accept(socket));
  }

  /** Resolves when mail processes can connect. */
  static async open(options: RespListenerOptions): Promise<RespListener> {
    const { address } = options;
    const listener = new RespListener(options);
    if ('path' in address) await removeStaleSocket(address.path);
    await listen(listener.#server, address, 'for Dovecot');
    if ('path' in address) {
      try {
        await grantAccess(address);
      } catch (error) {
        await listener[Symbol.asyncDispose]();
        throw error;
      }
    }
    return listener;
  }

  /** The port that is really open, when listening on TCP. */
  get port(): number | undefined {
    const address = this.#server.address() as AddressInfo | string | null;
    return typeof address === 'object' ? address?.port : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const { clock, onChange, onFault, maxConnections } = this.#options;
    const parser = new RespParser();
    const session = new RespSession();
    let deadline: Timer | undefined;
    const refuse = (fault: string): void => {
      socket.destroy();
      onFault(fault);
    };
    const expectCommand = (): void => {
      deadline ??= clock.after(commandDeadlineMs, () => refuse('a command was not finished in time'), {
        background: true,
      });
    };
    expectCommand();
    if (this.#sockets.size >= maxConnections) this.#makeRoom();
    this.#sockets.add(socket);
    this.#strangers.add(socket);
    socket.on('error', () => undefined); // the peer's processes come and go; 'close' follows
    socket.on('close', () => {
      deadline?.cancel();
      this.#forget(socket);
    });
    socket.on('data', chunk => {
      const { commands, fault } = parser.push(chunk);
      const answers = commands.map(command => session.execute(command));
      if (answers.length > 0) socket.write(answers.map(({ reply }) => reply).join(''));
      for (const change of answers.flatMap(({ changes }) => changes)) {
        if (onChange(change)) this.#strangers.delete(socket);
      }
      if (answers.some(({ close }) => close)) socket.end();
      if (fault !== undefined) refuse(fault);
      else if (socket.writableLength > maxUnreadReplyBytes) refuse('answers are not read');
      else if (!parser.idle) expectCommand();
      else if (commands.length > 0) {
        deadline?.cancel();
        deadline = undefined;
        this.#sockets.delete(socket);
        this.#sockets.add(socket);
      }
    });
  }

  #makeRoom(): void {
    const [quietest] = this.#strangers.size > 0 ? this.#strangers : this.#sockets;
    if (quietest === undefined) return;
    quietest.destroy();
    this.#forget(quietest);
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#strangers.delete(socket);
  }
}
