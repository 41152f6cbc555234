import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProviderAnswer } from '../provider.ts';
import { apnsAnswers, judgeAnswer } from './answers.ts';

const now = Date.UTC(2026, 0, 1);

function judge(
  status: number,
  body: unknown = undefined,
  headers: Record<string, string> = {},
): ProviderAnswer {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return judgeAnswer({ status, headers, body: text }, { id: 'the-id', now });
}

// Apple, "Handling notification responses from APNs": every reason it lists, by status
const documented: Record<number, string> = {
  400: `BadCollapseId BadDeviceToken BadExpirationDate BadMessageId BadPriority BadTopic DeviceTokenNotForTopic
    DuplicateHeaders IdleTimeout InvalidPushType MissingDeviceToken MissingTopic PayloadEmpty TopicDisallowed`,
  403: `BadCertificate BadCertificateEnvironment ExpiredProviderToken Forbidden InvalidProviderToken
    MissingProviderToken UnrelatedKeyIdInToken BadEnvironmentKeyIdInToken BadEnvironmentKeyInToken`,
  404: 'BadPath',
  405: 'MethodNotAllowed',
  410: 'ExpiredToken Unregistered',
  413: 'PayloadTooLarge',
  429: 'TooManyProviderTokenUpdates TooManyRequests',
  500: 'InternalServerError',
  503: 'ServiceUnavailable Shutdown',
};

test('the table has every documented reason with its status, and no other', () => {
  const expected = Object.entries(documented).flatMap(([status, reasons]) =>
    reasons.split(/\s+/).map(reason => [reason, Number(status)]),
  );
  const actual = Object.entries(apnsAnswers).map(([reason, { status }]) => [reason, status]);
  assert.deepEqual(Object.fromEntries(actual), Object.fromEntries(expected));
});

test('each reason is judged as the table says, and carries its name as label', () => {
  for (const [reason, { status, meaning }] of Object.entries(apnsAnswers)) {
    const answer = judge(status, { reason, timestamp: now });
    assert.equal(answer.kind, meaning.kind, reason);
    assert.equal('reason' in answer && answer.reason, reason);
  }
});

test('no fault of ours ends or accuses a device, and no device can look like a fault of ours', () => {
  const kinds = (reasons: string[]) => new Set(reasons.map(reason => apnsAnswers[reason]?.meaning.kind));
  assert.deepEqual(kinds(['BadTopic', 'TopicDisallowed', 'MissingTopic']), new Set(['misconfigured']));
  assert.deepEqual(kinds(documented[403]?.split(/\s+/) ?? []), new Set(['misconfigured']));
  assert.deepEqual(kinds(['BadDeviceToken', 'DeviceTokenNotForTopic']), new Set(['unknown-target']));
});

test('200 is accepted under the id that APNs echoes', () => {
  assert.deepEqual(judge(200, '', { 'apns-id': 'echoed' }), { kind: 'accepted', providerId: 'echoed' });
  assert.deepEqual(judge(200), { kind: 'accepted', providerId: 'the-id' });
});

test('410 is gone since the time it names; without a time nobody knows since when', () => {
  assert.deepEqual(judge(410, { reason: 'Unregistered', timestamp: 1700 }), {
    kind: 'gone',
    since: 1700,
    reason: 'Unregistered',
  });
  assert.equal(judge(410, { reason: 'Unregistered' }).kind, 'unknown-target');
  assert.equal(judge(410, { reason: 'Unregistered', timestamp: 'yesterday' }).kind, 'unknown-target');
  assert.equal(judge(410, { reason: 'NewReason', timestamp: 1700 }).kind, 'unknown-target');
});

test('an unknown reason is judged by its status, and never becomes a label', () => {
  const expected: [number, ProviderAnswer['kind']][] = [
    [204, 'outcome-unknown'],
    [302, 'misconfigured'],
    [400, 'unacceptable'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'unacceptable'],
    [413, 'unacceptable'],
    [418, 'unacceptable'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [599, 'unavailable'],
  ];
  for (const body of [
    { reason: 'SomethingNew' },
    { reason: 'toString' },
    '<html>',
    '',
    'null',
    { reason: 7 },
  ]) {
    for (const [status, kind] of expected) {
      const answer = judge(status, body);
      assert.equal(answer.kind, kind, `${status}`);
      assert.equal('reason' in answer && answer.reason, `unknown-${status}`);
    }
  }
});

test('Retry-After counts where trying again makes sense', () => {
  const headers = { 'retry-after': '12' };
  assert.deepEqual(judge(429, { reason: 'TooManyProviderTokenUpdates' }, headers), {
    kind: 'throttled',
    scope: 'app',
    reason: 'TooManyProviderTokenUpdates',
    retryAfterMs: 12_000,
  });
  assert.deepEqual(judge(503, { reason: 'Shutdown' }, headers), {
    kind: 'unavailable',
    reason: 'Shutdown',
    retryAfterMs: 12_000,
  });
  assert.deepEqual(judge(400, { reason: 'BadPriority' }, headers), {
    kind: 'unacceptable',
    reason: 'BadPriority',
  });
});
