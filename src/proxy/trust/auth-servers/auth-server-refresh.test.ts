import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../runtime/errors.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import type { AuthServer } from './auth-server.ts';
import { AuthServerRefresh } from './auth-server-refresh.ts';
import type { KeyChange } from './auth-servers.ts';

const hourMs = 3_600_000;

function parts(answer: () => KeyChange) {
  const clock = new ManualClock();
  const server: AuthServer = {
    name: 'Sts',
    kind: 's2s',
    metadataUrl: 'https://sts.example.com/metadata/json/1',
    issuer: 'service@*',
    realm: null,
    tokenEndpoint: 'https://sts.example.com/token',
    signingKeys: [],
    isDefault: true,
    createdAt: clock.now(),
    changedAt: clock.now(),
    refreshedAt: clock.now(),
  };
  const refreshedAt: number[] = [];
  const startedAt = clock.now();
  const servers = {
    list: async () => [server],
    refresh: async () => {
      refreshedAt.push((clock.now() - startedAt) / hourMs);
      const change = answer();
      server.refreshedAt = clock.now();
      return change;
    },
  };
  const logged: string[] = [];
  const logger = createLogger({ name: 'test', destination: { write: line => logged.push(line) } });
  return { clock, server, refreshedAt, logged, refresh: new AuthServerRefresh({ servers, clock, logger }) };
}

async function advanceHours(clock: ManualClock, hours: number): Promise<void> {
  for (let quarter = 0; quarter < hours * 4; quarter++) await clock.advance(hourMs / 4);
}

test('refreshes each twelve hours, and tells which keys came and went', async () => {
  const { clock, refreshedAt, logged, refresh } = parts(() => ({ came: ['NEW'], went: ['OLD'] }));
  refresh.start();
  await advanceHours(clock, 25);
  assert.deepEqual(refreshedAt, [12, 24]);
  assert.match(logged[0] ?? '', /"came":\["NEW"\],"went":\["OLD"\]/);
  refresh[Symbol.dispose]();
  await advanceHours(clock, 25);
  assert.equal(refreshedAt.length, 2);
});

test('what is older than that is refreshed at the start; a failure is repeated after a quarter of an hour', async () => {
  let failures = 2;
  const { clock, server, refreshedAt, logged, refresh } = parts(() => {
    if (failures-- > 0) throw new AppError('metadata-unreachable', 'no answer');
    return { came: [], went: [] };
  });
  server.refreshedAt = clock.now() - 13 * hourMs;
  refresh.start();
  await advanceHours(clock, 1);
  assert.deepEqual(refreshedAt, [0, 0.25, 0.5]);
  assert.match(logged.join(), /"errorCode":"metadata-unreachable"/);
  refresh[Symbol.dispose]();
});

test('a server that calls itself otherwise is an error in the log, not a reason to stop', async () => {
  const { clock, refreshedAt, logged, refresh } = parts(() => {
    throw new AppError('auth-server-identity-changed', 'another issuer');
  });
  refresh.start();
  await advanceHours(clock, 13);
  assert.ok(refreshedAt.length > 2);
  assert.match(logged[0] ?? '', /"level":"?(50|error)"?.*auth-server-identity-changed/);
  refresh[Symbol.dispose]();
});
