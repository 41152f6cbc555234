// mailbadge proxy trust connect: the original's step 2. The enrolment code comes from a prompt, a file or the
// environment, never from the command line.

import type { Command } from 'commander';
import { createTrustAdministration } from '../../proxy/administration/trust-administration.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { Secret } from '../../runtime/secrets.ts';
import { processOutput } from '../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../proxy-config.ts';
import { promptSecret, readSecretFile } from '../secret-prompt.ts';

type Options = ProxyConfigOption & { codeFile?: string; json: boolean };

const codeVariable = 'MAILBADGE_ENROLMENT_CODE';

export function addProxyTrustConnect(trust: Command): void {
  trust
    .command('connect')
    .description('register the certificate at the relay with a one-time enrolment code')
    .option('--code-file <file>', `file with the enrolment code (else ${codeVariable}, else a prompt)`)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(connect);
}

async function connect(options: Options): Promise<void> {
  const output = processOutput();
  const administration = createTrustAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const print = (line: string): void => {
    if (!options.json) output.print(line);
  };
  await administration.connect(
    () => enrolmentCode(options),
    step => {
      switch (step.step) {
        case 'asking-for-code':
          print(`Please enter the enrolment code of ${step.organization}...`);
          break;
        case 'adding-key':
          print('Adding a key to the application...');
          break;
        case 'complete':
          if (!step.added) output.note('The relay had this key already; nothing was added.');
          if (options.json) output.printJson({ ...step.response, added: step.added });
          print('Complete.');
          break;
      }
    },
  );
}

async function enrolmentCode({ codeFile }: Options): Promise<Secret> {
  if (codeFile !== undefined) return readSecretFile(codeFile);
  const fromEnvironment = process.env[codeVariable];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return new Secret(fromEnvironment);
  return promptSecret('Enrolment code (not shown): ', {
    hint: `give the code with --code-file or in ${codeVariable}`,
  });
}
