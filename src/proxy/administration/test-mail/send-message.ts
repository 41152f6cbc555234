// Hands one clearly marked message to the organization's mail server, by SMTP or LMTP, as any other mail would come.
// The only file of the proxy that speaks SMTP.

import { readFileSync } from 'node:fs';
import { connect, isIPv4 } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Options as SmtpOptions } from 'nodemailer/lib/smtp-transport/index.js';
import { AppError, describeError } from '../../../runtime/errors.ts';
import type { Secret } from '../../../runtime/secrets.ts';

export type MailTransport =
  | {
      kind: 'smtp';
      host: string;
      port: number;
      security: 'tls' | 'starttls' | 'none';
      caFile?: string | undefined;
      login?: { user: string; password: Secret } | undefined;
    }
  | { kind: 'lmtp'; host: string; port: number }
  | { kind: 'lmtp-socket'; path: string };

export type TestMessage = { id: string; from: string; to: string; subject: string };

/** What the server said when it took the message. Throws `mail-server-unreachable` or `mail-server-refused`. */
export async function sendMessage(
  transport: MailTransport,
  { id, from, to, subject }: TestMessage,
  { timeoutMs }: { timeoutMs: number },
): Promise<string> {
  const mailer = createTransport({
    ...smtpOptions(transport),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  try {
    const sent = await mailer.sendMail({
      envelope: { from, to: [to] },
      from: { name: 'Mailbadge test', address: from },
      to,
      subject,
      // RFC 3834 §5: nobody is to answer it by itself.
      headers: { 'X-Mailbadge-Test': id, 'Auto-Submitted': 'auto-generated' },
      text: `"mailbadge proxy test-mail" sent this message, to see whether it leads to the right badge.\nIt may be deleted.\n`,
    });
    return sent.response;
  } catch (error) {
    throw sendingFailed(error, whereOf(transport));
  } finally {
    mailer.close();
  }
}

/** For people. */
export function whereOf(transport: MailTransport): string {
  if (transport.kind === 'lmtp-socket') return `LMTP ${transport.path}`;
  return `${transport.kind.toUpperCase()} ${transport.host}:${transport.port}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function smtpOptions(transport: MailTransport): SmtpOptions {
  switch (transport.kind) {
    case 'lmtp':
      return { lmtp: true, host: transport.host, port: transport.port, ignoreTLS: true };
    case 'lmtp-socket': {
      const { path } = transport;
      return {
        lmtp: true,
        ignoreTLS: true,
        getSocket: (_, callback) => {
          const connection = connect(path);
          connection.once('connect', () => callback(null, { connection }));
          connection.once('error', error => callback(error, undefined));
        },
      };
    }
    case 'smtp': {
      const { host, port, security, caFile, login } = transport;
      return {
        host,
        port,
        secure: security === 'tls',
        requireTLS: security === 'starttls',
        ignoreTLS: security === 'none',
        ...(caFile === undefined ? {} : { tls: { ca: readCa(caFile) } }),
        ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
      };
    }
  }
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('config-invalid', `the certificates in ${path} cannot be read`, {
      hint: 'test_mail.via.ca_file names a file with certificates in PEM form',
      cause,
    });
  }
}

/** An answer of the server has a status; everything else is that there was none. */
function sendingFailed(error: unknown, where: string): unknown {
  if (!(error instanceof Error)) return error;
  const answer = 'response' in error && typeof error.response === 'string' ? error.response : undefined;
  return answer === undefined
    ? new AppError('mail-server-unreachable', `${where} cannot be reached: ${describeError(error)}`, {
        hint: 'check host, port and the firewall; give others with --smtp or --lmtp',
        cause: error,
      })
    : new AppError('mail-server-refused', `${where} refuses the message: ${answer}`, {
        hint: 'check the recipient, the sender (--from), and whether the server wants a sign-in (--smtp-user)',
        cause: error,
      });
}
