// What the doctor asks of the network: names, connections, certificates. A collaborator, so that tests answer instead.

import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate } from 'node:tls';

export type TlsServer = {
  /** Why the chain is not trusted; undefined when it is. */
  fault: string | undefined;
  issuer: string;
  /** ms; the first end of a certificate in the chain. */
  endsAt: number;
};

export type Network = {
  /** All addresses of a name; rejects when it has none. */
  resolve(host: string): Promise<string[]>;
  /** Resolves when the connection stands, and ends it. */
  connect(to: { host: string; port: number } | { path: string }, signal: AbortSignal): Promise<void>;
  /** Resolves with what the server shows, trusted or not. `ca`: in place of the system's. */
  handshake(
    to: { host: string; port: number; ca: string[] | undefined },
    signal: AbortSignal,
  ): Promise<TlsServer>;
};

export const systemNetwork: Network = {
  async resolve(host) {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  },
  connect: (to, signal) =>
    new Promise((resolve, reject) => {
      const socket = connectTcp(to);
      signal.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true });
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', reject);
    }),
  handshake: ({ host, port, ca }, signal) =>
    new Promise((resolve, reject) => {
      const socket = connectTls({
        host,
        port,
        servername: host,
        ...(ca === undefined ? {} : { ca }),
        rejectUnauthorized: false, // looked at, not relied on: nothing is sent
      });
      signal.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true });
      socket.once('secureConnect', () => {
        const certificate = socket.getPeerCertificate(true);
        const fault = socket.authorized ? undefined : String(socket.authorizationError);
        socket.destroy();
        resolve({ fault, issuer: issuerOf(certificate), endsAt: firstEnd(certificate) });
      });
      socket.once('error', reject);
    }),
};

function issuerOf({ issuer }: DetailedPeerCertificate): string {
  return [issuer.O, issuer.CN]
    .flat()
    .filter(name => name !== undefined)
    .join(', ');
}

/** Of the certificates that the server showed; the last one is its own issuer. */
function firstEnd(certificate: DetailedPeerCertificate): number {
  let end = Number.POSITIVE_INFINITY;
  for (let each = certificate; ; each = each.issuerCertificate) {
    end = Math.min(end, Date.parse(each.valid_to));
    if (each.issuerCertificate === undefined || each.issuerCertificate === each) return end;
  }
}
