// A mailbox that is watched by its own password, which then changes: the badge stands still, everybody is told, and
// the sign-in with the new one signs out whoever has only proven the old one. A mail server's answer alone decides it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { stringify as toYaml } from 'yaml';
import { mailbadge } from '../fixtures/command.ts';
import { type DeviceApiFixture, startDeviceApi } from '../fixtures/device-api.ts';
import { storedMailboxes } from '../fixtures/stored-icons.ts';
import { until } from '../fixtures/until.ts';

const anna = 'anna@fabrikam.com';
const hour = 3_600_000;
const [phone, tablet] = ['anna-phone-1', 'anna-tablet-1'];

/** Signed in with the password of today, unless another is given; with a badge. */
async function turnOn(api: DeviceApiFixture, installationId: string, password = 'correct horse') {
  const { json } = await api.call('POST', '/v1/sessions', { body: { user: anna, password, installationId } });
  const session: string = json.session;
  const { iconId, id } = (await api.subscribe(session, installationId)).json;
  const watched = async () => (await api.call('GET', `/v1/icons/${iconId}`, { session })).json?.watched;
  return { session, iconId, id, watched };
}

const sessionOf = async (api: DeviceApiFixture, session: string) =>
  (await api.call('GET', '/v1/sessions/current', { session })).json;

async function why(api: DeviceApiFixture, iconId: string): Promise<string> {
  const file = `${api.databasePath}.yaml`;
  const { database, key_file, public_url } = api.config;
  const mailboxes = { source: { kind: 'imap', host: 'mail.fabrikam.com' } };
  writeFileSync(file, toYaml({ database, key_file, public_url, mailboxes }));
  const { stdout, stderr } = await mailbadge(['proxy', 'why', iconId, '--config', file]);
  return stdout + stderr;
}

test('a changed password: the badge stands still, and the new one signs the other devices out', async () => {
  await using api = await startDeviceApi({ needsPassword: true });
  api.mailboxes.append(anna, { from: 'ben@fabrikam.com', subject: 'Lunch?' });
  const [old, other] = [await turnOn(api, phone), await turnOn(api, tablet)];
  const badge = async () => (await api.call('GET', `/v1/icons/${old.iconId}`, { session: old.session })).json;
  await until('it is counted', async () => (await badge()).badge === 1);

  api.mailboxes.open(anna, { password: 'a new one' });
  const { json: messages } = await api.call('GET', '/v1/messages', { session: old.session });
  assert.equal(messages.code, 'session-invalid', 'nothing is read with the old one');
  api.clock.leap(3_600_000);
  await until('the person is told', async () => {
    await api.clock.advance(1000);
    return (await old.watched()) === 'refused';
  });
  assert.equal((await badge()).badge, 1, 'the badge stays as it was when last counted');
  assert.equal(
    (await sessionOf(api, old.session)).mailbox,
    anna,
    'and nothing ends: a mail server may be mistaken',
  );
  assert.match(
    await why(api, old.iconId),
    /anna@fabrikam.com is refused: the mail server refuses the user name or password/,
  );

  const today = await turnOn(api, phone, 'a new one');
  assert.equal(today.iconId, old.iconId, 'the same icon goes on');
  await until('it is watched again', async () => (await today.watched()) === 'watched');
  assert.equal((await sessionOf(api, old.session)).code, 'session-invalid');
  assert.equal((await sessionOf(api, other.session)).code, 'session-invalid');
  const { json: listed } = await api.call('GET', '/v1/devices', { session: today.session });
  assert.deepEqual(
    // biome-ignore lint/suspicious/noExplicitAny: an answer
    listed.devices.map((device: any) => device.installationId),
    [phone],
  );
  assert.match(await why(api, other.iconId), /the mailbox has a new password/);
  assert.match(api.log.join(''), /"sessions":[12],"subscriptions":1.*a new password/);
  assert.doesNotMatch(api.log.join(''), /correct horse|a new one/);
});

test('an app password beside the other ends nothing', async () => {
  await using api = await startDeviceApi({ needsPassword: true });
  api.source.alsoTakes = 'app password';
  const first = await turnOn(api, phone);
  const second = await turnOn(api, tablet, 'app password');
  for (const { session } of [first, second]) assert.equal((await sessionOf(api, session)).mailbox, anna);
});

test('while nobody can tell whether the old one is good, the new one is not taken', async () => {
  await using api = await startDeviceApi({ needsPassword: true });
  const { session } = await turnOn(api, phone);
  api.mailboxes.open(anna, { password: 'a new one' });
  const body = { user: anna, password: 'a new one', installationId: tablet };
  api.source.answers = 1; // for the new one
  assert.equal((await api.call('POST', '/v1/sessions', { body })).json.code, 'mail-server-unreachable');
  assert.equal((await sessionOf(api, session)).mailbox, anna);
  api.source.answers = Number.POSITIVE_INFINITY;
  assert.equal((await api.call('POST', '/v1/sessions', { body })).status, 201);
  assert.equal((await sessionOf(api, session)).code, 'session-invalid');
});

test('the password is kept while somebody is signed in or has a badge, and an hour longer', async () => {
  await using api = await startDeviceApi({ needsPassword: true });
  const kept = async () =>
    (await storedMailboxes(api.databasePath)).filter(row => row.sealed_password !== null);
  const { session } = await turnOn(api, phone);
  await api.clock.advance(hour);
  assert.equal((await kept()).length, 1);
  assert.equal((await api.call('DELETE', '/v1/sessions/current', { session })).status, 204);
  await until('it is forgotten', async () => {
    await api.clock.advance(hour);
    return (await kept()).length === 0;
  });
  const again = await turnOn(api, phone);
  assert.equal((await sessionOf(api, again.session)).mailbox, anna);
  assert.equal((await kept()).length, 1);
});
