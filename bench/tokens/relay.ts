// A relay in a process of its own, with one organization enrolled for each kind of key; tells its processor time when
// it is asked. Ends with its parent.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK } from 'jose';
import { freePort } from '../../src/demo/free-ports.ts';
import { openRelayAdministration } from '../../src/relay/administration/relay-administration.ts';
import { parseRelayConfig } from '../../src/relay/config.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { makeOrganizationCertificate } from '../../test/fixtures/organization-certificate.ts';
import { enrolOrganization } from '../../test/fixtures/relay.ts';
import type { Holder, RelayMessage } from './setting.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailbadge-bench-'));
const port = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const config = parseRelayConfig({
  issuer,
  dangerously_allow_http: true,
  listen: { port },
  metrics: { port: 0 },
  database: { path: join(folder, 'relay.db') },
  key_file: join(folder, 'relay.key'),
});
const relay = createRelay(config, { logger: silentLogger });
await relay.start();
const administration = await openRelayAdministration(config, {
  clock: new SystemClock(),
  random: systemRandom,
});

const holders: Holder[] = [];
for (const key of ['rsa', 'p-256'] as const) {
  const certificate = await makeOrganizationCertificate({ key });
  const domain = `${key}.example.com`;
  const { clientId } = await enrolOrganization({ issuer, administration }, { domain, certificate });
  const jwk = await exportJWK(certificate.privateKey);
  holders.push({ clientId, keyId: certificate.thumbprint, alg: certificate.algorithm, jwk });
}

const tell = (message: RelayMessage): void => void process.send?.(message);
process.on('message', () => tell({ kind: 'cpu', ...process.cpuUsage() }));
process.on('disconnect', () => void close());
tell({ kind: 'ready', issuer, holders });

async function close(): Promise<void> {
  await administration[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}
