// Ports for servers whose address must be known before they listen: an issuer is part of every token, a Dovecot reads
// its ports from a file. Each process takes blocks of them for itself, by listening at a block's first port as long as
// it lives: no other process that asks here is given one of the block's, also not while a server is being restarted.
// They lie below those that systems give to whoever asks for any (from 16000 on in some sandboxes, 32768 on Linux).

import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

const first = 10_100; // browsers and `fetch` refuse 10080
const blocks = 295;
const blockSize = 20;

/** Of this process's blocks, what was not given away yet. */
const unused: number[] = [];

/** Free on 127.0.0.1, and given to nobody else while this process lives. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = unused.shift();
    if (port === undefined) await takeBlock();
    else if (await isFree(port)) ports.push(port);
  }
  return ports;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function takeBlock(): Promise<void> {
  const start = first + blockSize * randomInt(blocks);
  const holder = await listen(start);
  if (holder === undefined) return; // somebody else's; there are others
  holder.unref();
  for (let port = start + 1; port < start + blockSize; port += 1) unused.push(port);
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise(resolve => server.close(resolve));
  return true;
}

/** Undefined where the port is taken. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', () => resolve(undefined)).listen(port, '127.0.0.1', () => resolve(server));
  });
}
