import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PreviewPayload } from '../contract/badge-payload.ts';
import { systemRandom } from '../runtime/random.ts';
import { parseDeviceKeys } from '../runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../runtime/webpush/encrypt.ts';
import { decryptPreview, newPreviewKeys, type PreviewKeys } from './previews.ts';

const payload: PreviewPayload = {
  v: 1,
  kind: 'preview',
  subscription: 'fl7M9MURbrdi9es-4aUG3A',
  rev: 7,
  preview: {
    mailbox: 'anna@fabrikam.com',
    from: '王小明',
    subject: 'Über <b>alles</b>',
    receivedAt: 1_795_300_000_000,
  },
};

/** As the proxy does it. */
function encrypted({ publicKeys }: PreviewKeys, text: string): string {
  const device = parseDeviceKeys(publicKeys);
  assert.ok(device, 'the proxy takes the public keys');
  return encryptForDevice(device, Buffer.from(text), { random: systemRandom }).toString('base64url');
}

test('what the proxy encrypts for the app is opened, also with keys that were stored as JSON', async () => {
  const keys = await newPreviewKeys();
  const stored = JSON.parse(JSON.stringify(keys)) as PreviewKeys;
  assert.deepEqual(await decryptPreview(stored, encrypted(keys, JSON.stringify(payload))), payload);
});

test('every pair of keys is another, and opens nothing of another', async () => {
  const [one, other] = [await newPreviewKeys(), await newPreviewKeys()];
  assert.notEqual(one.privateKey, other.privateKey);
  assert.notEqual(one.publicKeys.auth, other.publicKeys.auth);
  const preview = encrypted(one, JSON.stringify(payload));
  assert.equal(await decryptPreview(other, preview), undefined);
  const wrongAuth = { ...one, publicKeys: { ...one.publicKeys, auth: other.publicKeys.auth } };
  assert.equal(await decryptPreview(wrongAuth, preview), undefined);
});

test('what was cut, changed, is huge or no base64url is not opened, and nothing throws', async () => {
  const keys = await newPreviewKeys();
  const preview = encrypted(keys, JSON.stringify(payload));
  for (const length of [0, 1, 10, 114, 115, 116, 137, 138, 200, preview.length - 1])
    assert.equal(await decryptPreview(keys, preview.slice(0, length)), undefined, `cut to ${length}`);
  const body = Buffer.from(preview, 'base64url');
  for (const at of [0, 15, 16, 20, 21, 50, 86, body.length - 1]) {
    const changed = Buffer.from(body);
    changed[at] = (changed[at] ?? 0) ^ 0x80;
    if (at !== 16)
      assert.equal(await decryptPreview(keys, changed.toString('base64url')), undefined, `byte ${at}`);
  }
  for (const hostile of ['A'.repeat(100_000), `${preview}=`, '!!!', '\0', '漢'.repeat(200), `${preview}A`])
    assert.equal(await decryptPreview(keys, hostile), undefined);
});

test('what is opened but is no preview is not believed', async () => {
  const keys = await newPreviewKeys();
  const { preview, ...rest } = payload;
  for (const text of [
    '',
    'no JSON',
    'null',
    '[]',
    JSON.stringify({ ...payload, v: 2 }),
    JSON.stringify({ ...payload, kind: 'badge' }),
    JSON.stringify({ ...payload, rev: -1 }),
    JSON.stringify({ ...payload, preview: { ...preview, subject: { toString: 'x' } } }),
    JSON.stringify({ ...rest, __proto__: { preview } }),
    `{"__proto__":${JSON.stringify(payload)}}`,
    `${'['.repeat(1800)}${']'.repeat(1800)}`,
  ])
    assert.equal(await decryptPreview(keys, encrypted(keys, text)), undefined, text.slice(0, 40));
});

test('keys that were damaged where they are kept open nothing, and nothing throws', async () => {
  const keys = await newPreviewKeys();
  const preview = encrypted(keys, JSON.stringify(payload));
  for (const damaged of [
    { ...keys, privateKey: '' },
    { ...keys, privateKey: 'A'.repeat(43) },
    { ...keys, publicKeys: { ...keys.publicKeys, p256dh: 'BA' } },
    { ...keys, publicKeys: { ...keys.publicKeys, auth: '*' } },
  ])
    assert.equal(await decryptPreview(damaged, preview), undefined);
});
