import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
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

test('what is wrong is mended where it was set: in the variable, else in the file', () => {
  const hintOf = (raw: unknown, env: Record<string, string> = {}): string => {
    try {
      parseConfig(schema, raw, { env, prefix: 'MAILBADGE_TEST', file: '/etc/proxy.yml' });
    } catch (error) {
      return (error as { hint: string }).hint;
    }
    return 'taken';
  };
  assert.equal(hintOf({ name: 5 }), 'mend it in /etc/proxy.yml');
  const variable = 'mend it in the environment variable MAILBADGE_TEST__RELAY__TIMEOUT';
  assert.equal(hintOf({}, { MAILBADGE_TEST__RELAY__TIMEOUT: 'soon' }), variable);
  assert.equal(hintOf({ name: 5 }, { MAILBADGE_TEST__RELAY__TIMEOUT: '2s' }), 'mend it in /etc/proxy.yml');
  for (const raw of ['one text', [1], 7]) {
    assert.equal(hintOf(raw, { MAILBADGE_TEST__NAME: 'x' }), 'mend it in /etc/proxy.yml');
  }
});

test('a variable that is no YAML is named; what it holds is not shown', () => {
  assert.throws(
    () => parse({}, { MAILBADGE_TEST__RELAY: '{ password: s3cret' }),
    (error: Error) => {
      assert.match(
        error.message,
        /^the environment variable MAILBADGE_TEST__RELAY is not valid YAML: .+ at line 1/,
      );
      assert.doesNotMatch(inspect(error), /s3cret/);
      return true;
    },
  );
});
