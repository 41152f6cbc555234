// The least that watching by IMAP can cost: one socket that signs in, selects INBOX, goes into IDLE and does nothing but
// notice EXISTS (RFC 2177, RFC 9051 §7.4.1).

import { once } from 'node:events';
import { connect } from 'node:net';

export async function bareIdle(
  { port, user, password }: { port: number; user: string; password: string },
  onExists: (count: number) => void,
): Promise<Disposable> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const commands = [`a LOGIN ${user} ${password}`, 'b SELECT INBOX', 'c IDLE'];
  const idling = Promise.withResolvers<void>();
  let rest = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const exists = /^\* (\d+) EXISTS$/.exec(line)?.[1];
      if (exists !== undefined) onExists(Number(exists));
      else if (line.startsWith('+ ')) idling.resolve();
      else if (/^(\* OK \[CAPABILITY|[ab] OK)/.test(line)) socket.write(`${commands.shift()}\r\n`);
      else if (/^([a-c] (NO|BAD)|\* BYE)/.test(line)) idling.reject(new Error(line));
    }
  });
  socket.on('close', () => idling.reject(new Error('the server closed the connection')));
  await once(socket, 'connect');
  await idling.promise;
  return { [Symbol.dispose]: () => socket.destroy() };
}
