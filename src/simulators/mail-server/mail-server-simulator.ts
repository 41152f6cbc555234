// A mail server for the demo and for load: SMTP in, mailboxes in memory. It takes mail for any local part of its one
// domain, keeps only what a list shows, and relays nothing.

import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream } from 'smtp-server';
import type { Clock } from '../../runtime/clock.ts';
import { listen } from '../../runtime/listen.ts';
import { readHeaders } from './message-headers.ts';
import { SimulatedMailboxes } from './simulated-mailboxes.ts';

export type MailServerSimulatorOptions = {
  /** The domain whose mail it takes. */
  domain: string;
  listen: { host: string; port: number };
  clock: Clock;
};

const messageBytes = 1024 * 1024;
/** From and Subject stand somewhere in the first of it. */
const headerBytes = 64 * 1024;
const recipients = 50;

export class MailServerSimulator implements AsyncDisposable {
  readonly mailboxes: SimulatedMailboxes;
  readonly #domain: string;
  readonly #server: SMTPServer;

  private constructor({ domain, clock }: MailServerSimulatorOptions) {
    this.#domain = domain.toLowerCase();
    this.mailboxes = new SimulatedMailboxes({ clock });
    this.#server = new SMTPServer({
      name: this.#domain,
      banner: 'Mailbadge simulated mail server',
      size: messageBytes,
      maxClients: 50,
      socketTimeout: 60_000,
      closeTimeout: 1000,
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: ({ address }, session, callback) => {
        callback(this.#refusal(address, session.envelope.rcptTo.length));
      },
      onData: (stream, session, callback) => {
        this.#receive(stream, session.envelope.rcptTo).then(
          () => callback(null),
          (error: Error) => callback(error),
        );
      },
    });
    this.#server.on('error', () => undefined); // of one connection: its client's business
  }

  /** Resolves when the SMTP port is open. */
  static async start(options: MailServerSimulatorOptions): Promise<MailServerSimulator> {
    const simulator = new MailServerSimulator(options);
    await listen(simulator.#server.server, options.listen, 'for SMTP');
    return simulator;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** The mailbox of an address, when it is one of this server's. */
  mailboxOf(address: string): string | undefined {
    const lower = address.toLowerCase();
    return lower.endsWith(`@${this.#domain}`) && lower.indexOf('@') > 0 ? lower : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>(resolve => this.#server.close(resolve));
  }

  #refusal(address: string, already: number): Error | null {
    const mailbox = this.mailboxOf(address);
    if (mailbox === undefined) return smtpError(550, `this server takes mail for ${this.#domain} only`);
    if (already >= recipients) return smtpError(452, 'too many recipients');
    return this.mailboxes.open(mailbox) ? null : smtpError(452, 'too many mailboxes');
  }

  async #receive(stream: SMTPServerDataStream, envelope: readonly SMTPServerAddress[]): Promise<void> {
    const head = await readHead(stream);
    if (stream.sizeExceeded) throw smtpError(552, 'the message is too large');
    const headers = readHeaders(head);
    const mailboxes = new Set(envelope.map(({ address }) => this.mailboxOf(address)));
    for (const mailbox of mailboxes) {
      if (mailbox !== undefined) this.mailboxes.append(mailbox, headers);
    }
  }
}

/** Reads all, keeps the beginning. */
async function readHead(stream: Readable): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (bytes < headerBytes) kept.push(chunk.subarray(0, headerBytes - bytes));
    bytes += chunk.length;
  }
  return Buffer.concat(kept);
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
