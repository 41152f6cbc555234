// The unix socket on which Dovecot's mail processes reach the proxy: its access rights, and what a killed proxy
// left behind. Only a socket that nobody listens on is ever removed.

import { chmod, chown, lstat, readFile, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { AppError } from '../../../runtime/errors.ts';

export type UnixSocketAddress = {
  path: string;
  /** Octal text, such as 0660: connecting needs the right to write. */
  mode: string;
  /** The group that mail processes have (Dovecot's `mail_access_groups`). */
  group?: string | undefined;
};

/** Removes the socket of a proxy that is gone; fails when the path is anything else. */
export async function removeStaleSocket(path: string): Promise<void> {
  const file = await lstat(path).catch(() => undefined);
  if (file === undefined) return;
  if (!file.isSocket()) {
    throw new AppError('config-invalid', `${path} is a file and no socket`, {
      hint: 'choose another mailboxes.source.listen.path; nothing was changed',
    });
  }
  if (await isListening(path)) {
    throw new AppError('address-in-use', `another program already listens on ${path}`, {
      hint: 'is the proxy already running? stop it first',
    });
  }
  await unlink(path);
}

/** Opens the socket to its group. Until then only the proxy's own user can connect. */
export async function grantAccess({ path, mode, group }: UnixSocketAddress): Promise<void> {
  try {
    if (group !== undefined) await chown(path, -1, await groupId(group));
    await chmod(path, Number.parseInt(mode, 8));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError(
      'config-invalid',
      `the socket ${path} cannot be given to the group ${group ?? '(own)'}`,
      {
        hint: 'the proxy’s user must be root or a member of that group',
        cause,
      },
    );
  }
}

async function groupId(name: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name);
  const lines = (await readFile('/etc/group', 'utf8')).split('\n').map(line => line.split(':'));
  const id = lines.find(([group]) => group === name)?.[2];
  if (id === undefined) {
    throw new AppError('config-invalid', `the group "${name}" of the Dovecot socket is not in /etc/group`, {
      hint: 'make it with groupadd, or give its number',
    });
  }
  return Number(id);
}

function isListening(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
