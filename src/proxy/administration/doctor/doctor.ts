// `proxy doctor`: everything from the configuration to the devices' acceptance, in the order of a badge's way, and the
// first cause of what is wrong. It changes nothing.

import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import type { ProxyConfig } from '../../config.ts';
import { createRelayHttp } from '../../trust/relay/relay-http.ts';
import { badgeChecks } from './badge-checks.ts';
import { type Check, type Diagnosis, diagnosisOf, failed, ok, runChecks } from './check.ts';
import { Examination } from './examination.ts';
import { machineChecks } from './machine-checks.ts';
import { mailChecks } from './mail-checks.ts';
import { type Network, systemNetwork } from './network.ts';
import { relayChecks } from './relay-checks.ts';

export type { CheckResult, Diagnosis } from './check.ts';

/** `loadConfig` throws an AppError when the configuration cannot be used: that is a finding, too. */
export async function examine(
  loadConfig: () => ProxyConfig,
  {
    clock,
    random,
    fetch,
    network = systemNetwork,
  }: { clock: Clock; random: Random; fetch: typeof globalThis.fetch; network?: Network },
): Promise<Diagnosis> {
  await using parts = new AsyncDisposableStack();
  let examination: Examination;
  try {
    const config = loadConfig();
    const http = parts.use(createRelayHttp(config.relay, clock));
    examination = new Examination({ config, clock, random, network, fetch, http, parts });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { message: detail, hint = null } = error;
    return diagnosisOf([{ name: 'configuration', outcome: 'failed', detail, hint }]);
  }
  return await runChecks(checksOf(examination), { clock });
}

/** In the order in which one cause hides the next. */
function checksOf(examination: Examination): Check[] {
  const { source } = examination.config.mailboxes;
  const configuration: Check = {
    name: 'configuration',
    run: async () =>
      source === undefined
        ? failed('it names no mail server', 'add mailboxes.source: see "mailbadge proxy config generate"')
        : ok(`can be used; the mail server is of kind ${source.kind}`),
  };
  return [
    configuration,
    ...machineChecks(examination),
    ...relayChecks(examination),
    ...mailChecks(examination),
    ...badgeChecks(examination),
  ];
}
