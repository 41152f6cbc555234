// An HTTP/2 server that takes every push and looks at none: what is measured against it is the client.

import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { listen } from '../runtime/listen.ts';
import type { TestCertificate } from './certificate.ts';

export class Http2Sink implements AsyncDisposable {
  readonly #server: Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor({ certPem, keyPem }: TestCertificate) {
    this.#server = createSecureServer({
      cert: certPem,
      key: keyPem,
      settings: { maxConcurrentStreams: 1000 },
    });
    this.#server.on('session', session => {
      this.#sessions.add(session);
      session.on('error', ignore).on('close', () => this.#sessions.delete(session));
    });
    this.#server.on('sessionError', ignore).on('stream', stream => {
      stream.on('error', ignore).resume();
      stream.respond({ ':status': 200 }, { endStream: true });
    });
  }

  /** Listens on loopback; 0 takes any free port. */
  static async start({
    certificate,
    port = 0,
  }: {
    certificate: TestCertificate;
    port?: number;
  }): Promise<Http2Sink> {
    const sink = new Http2Sink(certificate);
    await listen(sink.#server, { host: '127.0.0.1', port });
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.destroy();
    await closed;
  }
}

function ignore(): void {}
