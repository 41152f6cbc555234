// What keeps a relay from starting is said clearly; what need not keep it from starting does not.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../src/demo/free-ports.ts';
import { parseRelayConfig, type RelayConfig } from '../../src/relay/config.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { AppError } from '../../src/runtime/errors.ts';
import { createLogger, silentLogger } from '../../src/runtime/logger.ts';
import {
  accessToken,
  clientAssertion,
  enrolOrganization,
  postJson,
  requestToken,
  startTestRelay,
} from '../fixtures/relay.ts';

type Log = { level: string; msg: string } & Record<string, unknown>;

async function preparedRelay(t: TestContext, change: (raw: Record<string, unknown>, folder: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-relay-'));
  const raw: Record<string, unknown> = {
    issuer: 'https://relay.example.com',
    listen: { port: 0 },
    metrics: { port: 0 },
    database: { path: join(folder, 'relay.db') },
    key_file: join(folder, 'relay.key'),
  };
  change(raw, folder);
  const config = parseRelayConfig(raw);
  t.after(() => rm(folder, { recursive: true }));
  return config;
}

async function startOnce(config: RelayConfig): Promise<Log[]> {
  const lines: Log[] = [];
  const logger = createLogger({
    name: 'relay',
    destination: { write: line => void lines.push(JSON.parse(line) as Log) },
  });
  await using relay = createRelay(config, { logger });
  await relay.start();
  return lines;
}

async function refuses(config: RelayConfig, code: string, message: RegExp): Promise<void> {
  await assert.rejects(startOnce(config), (error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.ok(error.hint);
    return true;
  });
}

test('an http issuer is refused, unless it is dangerously allowed, which is logged at each start', async t => {
  const issuer = 'http://relay.example.com';
  assert.throws(() => parseRelayConfig({ issuer }), {
    code: 'config-invalid',
    message: /is not an https URL/,
    hint: /dangerously_allow_http/,
  });
  const dangerous = await preparedRelay(t, raw => {
    raw['issuer'] = issuer;
    raw['dangerously_allow_http'] = true;
    raw['dangerously_allow_push_hosts'] = ['127.0.0.1:9'];
  });
  for (let starts = 0; starts < 2; starts++) {
    const warnings = (await startOnce(dangerous)).filter(line => line.level === 'warn').map(line => line.msg);
    assert.equal(warnings.filter(text => text.startsWith('dangerously_')).length, 2);
  }
});

test('a newer database is refused and left alone', async t => {
  const config = await preparedRelay(t, () => {});
  await startOnce(config);
  const database = new DatabaseSync(config.database.path);
  database.exec("INSERT INTO schema_migration (name) VALUES ('999-later')");
  database.close();
  await refuses(config, 'database-newer-schema', /999-later/);
});

test('a port that is taken is named', async t => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  t.after(() => new Promise(resolve => server.close(resolve)));
  await refuses(
    await preparedRelay(t, raw => {
      raw['listen'] = { port };
    }),
    'address-in-use',
    new RegExp(`127\\.0\\.0\\.1:${port}`),
  );
});

test('an unreadable key file, another key file and a missing TLS file are named', async t => {
  const config = await preparedRelay(t, () => {});
  await startOnce(config);
  await refuses({ ...config, key_file: tmpdir() }, 'key-file-unreadable', /cannot be read/);
  await writeFile(config.key_file, '00'.repeat(32));
  await refuses(config, 'sealed-secret-unreadable', /cannot be opened/);
  const other = await preparedRelay(t, (raw, folder) => {
    raw['tls'] = { certificate_file: join(folder, 'cert.pem'), key_file: join(folder, 'key.pem') };
  });
  await refuses(other, 'config-invalid', /cert\.pem.*tls\.certificate_file/);
});

test('an app whose provider cannot be made is reported loudly, and the others run', async t => {
  const config = await preparedRelay(t, (raw, folder) => {
    const apns = {
      team_id: 'ABCDE12345',
      key_id: 'ABCDE12345',
      topic: 'com.fabrikam.mail',
      key_file: join(folder, 'no.p8'),
    };
    raw['apps'] = [
      { id: 'com.fabrikam.mail', apns },
      { id: 'org.example.web', web_push: { subject: 'mailto:ops@example.org' } },
    ];
  });
  const errors = (await startOnce(config)).filter(line => line.level === 'error');
  assert.equal(errors.length, 1);
  assert.deepEqual(
    { msg: errors[0]?.msg, app: errors[0]?.['appId'], provider: errors[0]?.['provider'] },
    { msg: 'app-misconfigured', app: 'com.fabrikam.mail', provider: 'apns' },
  );
  assert.match(String(errors[0]?.['reason']), /no\.p8/);
});

test('tokens, keys and used identifiers outlive a restart', async t => {
  const before = await startTestRelay(t);
  const organization = await enrolOrganization(before);
  const token = await accessToken(before, organization);
  const assertion = await clientAssertion(before, organization);
  assert.equal((await requestToken(before, assertion)).status, 200);
  await before.relay[Symbol.asyncDispose]();
  await using after = createRelay(before.config, { logger: silentLogger });
  await after.start();
  const response = await postJson(
    `${before.issuer}/v1/targets/describe`,
    {},
    { authorization: `Bearer ${token}` },
  );
  assert.equal((await requestToken(before, assertion)).status, 401, 'it was used before the restart');
  assert.equal(response.status, 400, 'let in, and then told that the request is wrong');
});
