import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NotificationResult } from '../../contract/outcomes.ts';
import type { Notification, PublishRequest } from '../../contract/publishing.ts';
import { PublishAnswer } from './publish-answer.ts';

const [a, b] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];

function answerTo(ids: string[]) {
  const notifications = ids.map(id => ({ id }) as Notification);
  const request: PublishRequest = { notAfter: 0, notifications };
  const results: NotificationResult[] = [];
  const times: number[] = [];
  const answer = new PublishAnswer(request, {
    onResult: result => results.push(result),
    onRelayTime: time => times.push(time),
  });
  return { answer, results, times };
}

const ndjson = { status: 200, headers: { 'content-type': 'application/x-ndjson' } };
const json = { status: 200, headers: { 'content-type': 'application/json' } };

test('results are handed over line by line, before the answer is complete', () => {
  const { answer, results } = answerTo([a, b]);
  const sink = answer.receive(ndjson);
  sink(Buffer.from(`{"id":"${a}","outcome":"accepted","providerId":"x","novelty":1}\n{"id":"${b}",`));
  assert.deepEqual(
    results.map(result => result.id),
    [a],
  );
  sink(Buffer.from('"outcome":"deferred","reason":"provider-throttled","retryAfterMs":5}\n'));
  answer.finish();
  assert.deepEqual(results[1], { id: b, outcome: 'deferred', reason: 'provider-throttled', retryAfterMs: 5 });
});

test('results for ids that were not sent, and second results, are ignored', () => {
  const { answer, results } = answerTo([a]);
  const sink = answer.receive(ndjson);
  for (const id of [b, a, a]) {
    sink(Buffer.from(`{"id":"${id}","outcome":"accepted","providerId":"${results.length}"}\n`));
  }
  answer.finish();
  assert.deepEqual(results, [{ id: a, outcome: 'accepted', providerId: '0' }]);
});

test('an outcome that this proxy does not know leaves the id open', () => {
  const { answer, results } = answerTo([a]);
  answer.receive(ndjson)(Buffer.from(`{"id":"${a}","outcome":"postponed"}\n"text"\nnull\n`));
  answer.finish();
  assert.deepEqual(results, []);
});

test('one JSON document is an answer too, and tells the time', () => {
  const { answer, results, times } = answerTo([a]);
  const body = { relayTime: 42, results: [{ id: a, outcome: 'accepted', providerId: 'x' }] };
  answer.receive(json)(Buffer.from(JSON.stringify(body)));
  answer.finish();
  assert.equal(results.length, 1);
  assert.deepEqual(times, [42]);
});

test('an answer that is too large or malformed throws', () => {
  assert.throws(() => answerTo([a]).answer.receive(ndjson)(Buffer.alloc(16 * 1024 + 1, 'x')), /longer than/);
  assert.throws(() => answerTo([a]).answer.receive(json)(Buffer.alloc(200_000, 'x')), /larger than/);
  assert.throws(() => answerTo([a]).answer.receive(ndjson)(Buffer.from('{"id":\n')), SyntaxError);
  for (const body of ['{}', 'null', '{"results":1}', '{']) {
    const { answer } = answerTo([a]);
    answer.receive(json)(Buffer.from(body));
    assert.throws(() => answer.finish());
  }
});
