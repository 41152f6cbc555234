import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { parseConfig } from './config-file.ts';
import { duration } from './durations.ts';

const schema = z.strictObject({
  name: z.string().default('proxy'),
  relay: z.strictObject({ timeout: duration('10s'), ca_file: z.string().optional() }).prefault({}),
});
const parse = (raw: unknown, env: Record<string, string> = {}) =>
  parseConfig(schema, raw, { env, prefix: 'MAILBADGE_TEST' });

test('defaults stand below the file, the file below the environment', () => {
  assert.equal(parse({}).relay.timeout, 10_000);
  assert.equal(parse({ relay: { timeout: '2s' } }).relay.timeout, 2000);
  assert.equal(
    parse({ relay: { timeout: '2s' } }, { MAILBADGE_TEST__RELAY__TIMEOUT: '1m' }).relay.timeout,
    60_000,
  );
});

test('an override from the environment leaves the given object alone', () => {
  const raw = { relay: { timeout: '2s' } };
  parse(raw, { MAILBADGE_TEST__RELAY__TIMEOUT: '1m' });
  assert.deepEqual(raw, { relay: { timeout: '2s' } });
});

test('an unknown key is named with its path and the nearest known one', () => {
  assert.throws(() => parse({ relay: { timout: '2s' } }), {
    code: 'config-invalid',
    message: /unknown key "relay\.timout"/,
    hint: 'did you mean "timeout"?',
  });
  assert.throws(() => parse({ zebra: 1 }), { message: /unknown key "zebra"/, hint: /remove it/ });
});

test('an unknown key is told before what is wrong because of it', () => {
  const strict = z.strictObject({ relay: z.strictObject({ url: z.string() }) });
  assert.throws(() => parseConfig(strict, { rely: {} }, { prefix: 'X' }), { hint: 'did you mean "relay"?' });
});

test('a wrong value is named with its path', () => {
  assert.throws(() => parse({ relay: { timeout: 'soon' } }), {
    code: 'config-invalid',
    message: /"relay\.timeout".*number with a unit/,
  });
});
