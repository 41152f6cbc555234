// The two things that egress asks of the network: what addresses a name has, and a TLS connection to one of them.
// A dialler gets an address, never a name to look up: what was checked is what is dialled.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect, createSecureContext, getCACertificates, type TLSSocket } from 'node:tls';

export type Resolve = (hostname: string) => Promise<string[]>;

type DialTarget = {
  address: string;
  port: number;
  /** What the certificate must name: the host of the URL, whatever its address. */
  hostname: string;
};

/** Resolves when the peer's certificate is verified; no request byte has been written then. */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<TLSSocket>;

/** As the machine's own programs resolve: hosts file, then DNS; addresses in the order to try them. */
export const systemResolve: Resolve = async hostname => {
  const found = await lookup(hostname, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};

/** `ca`: PEM certificates to trust besides the system's. */
export function tlsDial({ ca }: { ca?: string } = {}): Dial {
  // one context for all connections: building it parses the whole trust store
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
  });
  return ({ address, port, hostname }, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({
        host: address,
        port,
        secureContext,
        rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
        ALPNProtocols: ['http/1.1'],
        // RFC 6066 §3: a server name is never an IP address; the certificate is then checked against `host`
        ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      });
      const onAbort = (): void => void socket.destroy(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      // stays for good: between this connection's requests nobody else listens, and an error is followed by `close`
      socket.on('error', error => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      });
      socket.once('secureConnect', () => {
        signal.removeEventListener('abort', onAbort);
        socket.setNoDelay(true);
        resolve(socket);
      });
      if (signal.aborted) onAbort();
    });
}
