// What a body may cost the relay: of somebody without a token, and of an organization that lets its batches trickle in.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { accessToken, enrolOrganization, startTestRelay, type TestRelay } from '../fixtures/relay.ts';
import { until } from '../fixtures/until.ts';

/** A body in chunks, of which `sent` goes out and the end does not. */
function unfinished(
  t: TestContext,
  { issuer }: TestRelay,
  { path, sent, authorization }: { path: string; sent: string; authorization?: string },
): ClientRequest {
  const headers = { 'content-type': 'application/json', 'user-agent': 'mailbadge/99.0.0' };
  const outgoing = request(`${issuer}${path}`, {
    method: 'POST',
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
  });
  outgoing.on('error', () => undefined); // the relay cuts it
  outgoing.write(sent);
  t.after(() => outgoing.destroy());
  return outgoing;
}

async function statusOf(outgoing: ClientRequest): Promise<number | undefined> {
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test('nobody without a token is listened to for long', async t => {
  const relay = await startTestRelay(t);
  const sent = 'x'.repeat(100_000);
  for (const [path, status] of [
    ['/v1/notifications', 401],
    ['/v1/registrations', 413],
    ['/v1/nothing', 413],
  ] as const) {
    assert.equal(await statusOf(unfinished(t, relay, { path, sent })), status, path);
  }
});

test('an organization whose batches never quite arrive holds up itself alone', async t => {
  const relay = await startTestRelay(t);
  const [slow, quick] = [
    await enrolOrganization(relay),
    await enrolOrganization(relay, { domain: 'contoso.com' }),
  ];
  const tokens = { slow: await accessToken(relay, slow), quick: await accessToken(relay, quick) };
  const publish = async (whose: keyof typeof tokens) => {
    const answer = await fetch(`${relay.issuer}/v1/notifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[whose]}` },
      body: JSON.stringify({ notAfter: Date.now() + 4000, notifications: [] }),
    });
    const { code } = (await answer.json()) as { code?: string };
    return { status: answer.status, code, retryAfter: answer.headers.get('retry-after') };
  };
  const served = (await publish('slow')).status;

  const authorization = `Bearer ${tokens.slow}`;
  const trickling: ClientRequest[] = [];
  const refused = await until('a batch more than the organization may let arrive', async () => {
    trickling.push(unfinished(t, relay, { path: '/v1/notifications', sent: '{', authorization }));
    const answer = await publish('slow');
    return answer.status !== served && answer;
  });
  assert.deepEqual(refused, { status: 429, code: 'too-many-requests', retryAfter: '1' });
  assert.ok(trickling.length >= 16);
  assert.equal((await publish('quick')).status, served);

  for (const each of trickling) each.destroy();
  await until('room again', async () => (await publish('slow')).status === served);
});
