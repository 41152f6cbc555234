// Opens a server's address, and says in words why it could not: whoever starts a program twice, or on a port that is
// not for everybody, reads them.

import type { Server } from 'node:net';
import { AppError } from './errors.ts';

/** Resolves when connections are taken. `purpose` is for the message, such as "for SMTP". */
export async function listen(
  server: Server,
  address: { host: string; port: number } | { path: string },
  purpose?: string,
): Promise<void> {
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const what = [`cannot listen on ${where}`, purpose].filter(Boolean).join(' ');
      const code = cause.code ?? cause.message;
      reject(new AppError('address-in-use', `${what}: ${code}`, { hint: hintOf(code, address), cause }));
    };
    server.once('error', failed);
    server.listen(address, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function hintOf(code: string, address: { port: number } | { path: string }): string {
  if (code === 'EADDRINUSE') return 'another program uses it: end that one, or choose another address';
  if (code === 'EADDRNOTAVAIL') return 'it is not an address of this machine: choose one that is';
  if ('path' in address) return 'its folder must exist and be writable by whoever runs this';
  return code === 'EACCES' && address.port < 1024
    ? 'ports below 1024 are for the system: choose a higher one, with a reverse proxy in front where needed'
    : 'choose an address of this machine';
}
