// Structured logs (JSON lines on stderr). Secrets and push targets never reach a log: what carries them is a
// Secret, and the field names below are redacted wherever they stand. What strangers wrote (a name to sign in with) is
// logged as data: no line breaks, nothing that a terminal obeys.

import { pino } from 'pino';
import { printableJson } from './printable-json.ts';

export type LogFields = Record<string, unknown>;

export type Logger = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const redactedFields = [
  'password',
  'token',
  'authorization',
  'ticket',
  'code',
  'pending',
  'sealedTarget',
  'target',
  'endpoint',
  'p256dh',
  'auth',
  'privateKey',
  'assertion',
  'secret',
];

/** Writes to stderr, or to `destination` (a test's array, a file). */
export function createLogger({
  level = 'info',
  name,
  destination = process.stderr,
}: {
  level?: LogLevel;
  name: string;
  destination?: { write(line: string): void };
}): Logger {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: { paths: redactedFields.flatMap(field => [field, `*.${field}`]), censor: '[secret]' },
    },
    { write: (line: string) => destination.write(printableJson(line)) },
  );
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child() {
    return silentLogger;
  },
};
