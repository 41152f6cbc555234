// Ports for servers whose address must be known before they listen: an issuer is part of every token, a Dovecot reads
// its ports from a file. They lie below those that the system gives to whoever asks for any (32768 and up on Linux,
// 49152 and up elsewhere), so that nobody takes one in between.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Free on 127.0.0.1, and all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>(resolve => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise(resolve => server.close(resolve));
  return free;
}
