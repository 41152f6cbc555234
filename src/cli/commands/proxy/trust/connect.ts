// mailbadge proxy trust connect: the original's step 2. An administrator approves in the browser; or an enrolment
// code vouches, from a prompt, a file or the environment, never from the command line.

import type { Command } from 'commander';
import { createTrustAdministration } from '../../../../proxy/administration/trust-administration.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { systemRandom } from '../../../../runtime/random.ts';
import { Secret } from '../../../../runtime/secrets.ts';
import { type Output, processOutput } from '../../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../../proxy-config.ts';
import { promptSecret, readSecretFile } from '../../../secret-prompt.ts';
import { terminalQrCode } from '../../../terminal-qr-code.ts';

type Options = ProxyConfigOption & {
  certificateFile?: string;
  withCode: boolean;
  codeFile?: string;
  json: boolean;
};
type Step = Parameters<Parameters<ReturnType<typeof createTrustAdministration>['connect']>[1]>[0];

const codeVariable = 'MAILBADGE_ENROLMENT_CODE';

export function addProxyTrustConnect(trust: Command): void {
  trust
    .command('connect')
    .description('register the certificate at the relay; an administrator approves it in the browser')
    .option('--certificate-file <file>', 'public certificate, DER or PEM (default: the current one)')
    .option('--with-code', 'with a one-time enrolment code, which is asked for', false)
    .option('--code-file <file>', `file with the enrolment code (or give it in ${codeVariable})`)
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
  const given = givenCode(options);
  await administration.connect(
    {
      certificateFile: options.certificateFile,
      withCode: options.withCode || given !== undefined,
      askForCode: given ?? promptForCode,
    },
    step => printStep(step, options, output),
  );
}

function printStep(step: Step, { json }: Options, output: Output): void {
  const print = json ? output.note : output.print;
  switch (step.step) {
    case 'asking-for-code':
      print(`Please enter the enrolment code of ${step.organization}...`);
      break;
    case 'approval-unavailable':
      output.warn(
        `the relay (version ${step.relayVersion}) cannot ask an administrator for approval: an enrolment code of its operator is needed`,
      );
      break;
    case 'asking-for-approval': {
      const { userCode, verificationUri, verificationUriComplete, expiresInSeconds } = step.request;
      print(`Please approve with the administrator account of ${step.organization} at the relay...`);
      output.note(`  Open       ${verificationUri}`);
      output.note(`  Code       ${userCode}   (${Math.floor(expiresInSeconds / 60)} minutes)`);
      output.note(
        `  Compare    ${step.thumbprint.replaceAll(/.{8}(?!$)/g, '$& ')}   (approve only if the page shows the same)`,
      );
      if (!json && process.stderr.isTTY) {
        process.stderr.write(`${terminalQrCode(verificationUriComplete)}\n`); // its colours are ours
      }
      break;
    }
    case 'adding-key':
      print('Adding a key to the application...');
      break;
    case 'complete':
      if (!step.added) output.note('The relay had this key already; nothing was added.');
      if (json) output.printJson({ ...step.response, added: step.added });
      print('Complete.');
      break;
  }
}

/** Undefined when neither a file nor the environment has one. */
function givenCode({ codeFile }: Options): (() => Promise<Secret>) | undefined {
  if (codeFile !== undefined) return async () => readSecretFile(codeFile);
  const fromEnvironment = process.env[codeVariable];
  if (fromEnvironment === undefined || fromEnvironment === '') return undefined;
  return async () => new Secret(fromEnvironment);
}

function promptForCode(): Promise<Secret> {
  return promptSecret('Enrolment code (not shown): ', {
    hint: `give the code with --code-file or in ${codeVariable}`,
  });
}
