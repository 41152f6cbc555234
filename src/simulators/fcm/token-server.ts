// Where the simulated service account gets its access tokens: HTTPS on loopback, with faults that strike the next request.

import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { listen } from '../../runtime/listen.ts';
import type { TestCertificate } from '../certificate.ts';
import type { TokenFault } from './faults.ts';
import { htmlAnswer } from './refusals.ts';
import type { TokenAnswer, TokenRequest } from './token-grants.ts';

const maxBodyBytes = 16_384;

export class TokenServer implements AsyncDisposable {
  readonly faults: TokenFault[] = [];
  readonly #server: Server;
  #answer: (request: TokenRequest) => TokenAnswer = () => ({ status: 503, body: {} });

  private constructor({ certPem, keyPem }: TestCertificate) {
    this.#server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxBodyBytes) chunks.push(chunk);
      });
      request.on('end', () => {
        const { method = '', headers, url } = request;
        const body = Buffer.concat(chunks).toString('utf8');
        const { status, ...rest } = this.#respond(
          { method, contentType: headers['content-type'], body },
          url,
        );
        response.writeHead(status, rest.headers).end(rest.body);
      });
    });
  }

  /** Listens on loopback; 0 takes any free port. */
  static async start({
    certificate,
    port,
  }: {
    certificate: TestCertificate;
    port: number;
  }): Promise<TokenServer> {
    const server = new TokenServer(certificate);
    await listen(server.#server, { host: '127.0.0.1', port });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  serve(answer: (request: TokenRequest) => TokenAnswer): void {
    this.#answer = answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #respond(request: TokenRequest, url: string | undefined) {
    const fault = this.faults.shift();
    if (fault !== undefined && fault.error === undefined) {
      const page = htmlAnswer(fault.status);
      return { ...page, headers: { ...page.headers, ...fault.headers } };
    }
    if (fault === undefined && url !== '/token') return htmlAnswer(404);
    const { status, body } =
      fault === undefined ? this.#answer(request) : { status: fault.status, body: { error: fault.error } };
    const headers = { 'content-type': 'application/json; charset=UTF-8', ...fault?.headers };
    return { status, headers, body: JSON.stringify(body) };
  }
}
