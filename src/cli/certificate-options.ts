// The options about certificates that several commands take. A password is never an argument: arguments are visible to
// everybody on the machine.

import { InvalidArgumentError, Option } from 'commander';
import { keyKinds, lifetimes } from '../proxy/administration/trust-administration.ts';
import { parseDuration } from '../runtime/durations.ts';
import { Secret } from '../runtime/secrets.ts';
import { promptSecret, readSecretFile } from './secret-prompt.ts';

export type NewCertificateOptions = { key: (typeof keyKinds)[number]; lifetime: number };
export type ImportOptions = { import?: string; importPasswordFile?: string };

const passwordVariable = 'MAILBADGE_IMPORT_PASSWORD';
const dayMs = 86_400_000;

export function keyOption(): Option {
  return new Option('--key <kind>', 'the key of a certificate that is made')
    .choices(keyKinds)
    .default(keyKinds[0]);
}

export function lifetimeOption(): Option {
  const { defaultMs, shortestMs, longestMs } = lifetimes;
  const bounds = `${shortestMs / dayMs}d to ${longestMs / dayMs}d`;
  return new Option('--lifetime <duration>', `how long a certificate that is made lasts, ${bounds}`)
    .default(defaultMs, `${defaultMs / dayMs}d`)
    .argParser(text => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= shortestMs && ms <= longestMs) return ms;
      throw new InvalidArgumentError(`Expected ${bounds}, such as 1800d.`);
    });
}

export function importOption(): Option {
  return new Option('--import <file>', 'take the certificate and its private key from a PFX or PEM file');
}

export function importPasswordOption(): Option {
  return new Option(
    '--import-password-file <file>',
    `file with the password of the imported file (else ${passwordVariable}, else a prompt)`,
  );
}

export function importFrom({ import: path, importPasswordFile }: ImportOptions) {
  return path === undefined ? undefined : { path, password: () => importPassword(importPasswordFile) };
}

async function importPassword(file: string | undefined): Promise<Secret> {
  if (file !== undefined) return readSecretFile(file);
  const fromEnvironment = process.env[passwordVariable];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return new Secret(fromEnvironment);
  return promptSecret('Password of the certificate file (not shown): ', {
    hint: `give the password with --import-password-file or in ${passwordVariable}`,
  });
}
