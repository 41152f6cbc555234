// What each kind of device gets, decrypted by an independent reader (http_ece), and how long it is.

import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import ece from 'http_ece';
import {
  badgePayloadSchema,
  declarativePayloadSchema,
  previewPayloadSchema,
} from '../../contract/badge-payload.ts';
import { languages } from '../../contract/languages.ts';
import { notificationSchema } from '../../contract/publishing.ts';
import { seededRandom } from '../../runtime/random.ts';
import { newEphemeralKey } from '../../runtime/webpush/encrypt.ts';
import type { MessageSummary } from '../mailboxes/mailbox-source.ts';
import type { Claim } from './claim.ts';
import { toNotification } from './notification.ts';
import { payloadEncryption } from './payload-encryption.ts';

const random = seededRandom(1);
const encrypt = payloadEncryption({ random, ephemeralKeys: { take: newEphemeralKey } });
const webAppUrl = 'https://push.fabrikam.com/app/';
const longestUrl = `https://push.fabrikam.com/${'p'.repeat(230)}/app/`;

const keyPair = createECDH('prime256v1');
keyPair.generateKeys();
const authSecret = random.bytes(16);
const keys = { p256dh: keyPair.getPublicKey('base64url'), auth: authSecret.toString('base64url') };
const read = (encrypted: string | undefined): unknown =>
  JSON.parse(
    ece
      .decrypt(Buffer.from(encrypted ?? '', 'base64url'), {
        version: 'aes128gcm',
        privateKey: keyPair,
        authSecret,
      })
      .toString(),
  );

const lunch: MessageSummary = {
  uid: 7,
  messageId: null,
  fromName: 'Ben Miller',
  fromAddress: 'ben@fabrikam.com',
  subject: 'Lunch?',
  receivedAt: 1_790_000_000_000,
};
/** As long as a payload can get. */
const longest: MessageSummary = {
  ...lunch,
  fromName: '"'.repeat(1000),
  subject: '午'.repeat(1000),
  receivedAt: 8_640_000_000_000_000,
};
const longMailbox = `${'ü'.repeat(300)}@fabrikam.com`;

function claim(change: Partial<Claim>): Claim {
  return {
    attemptId: '2f6b5d2e-8d0c-4b8e-9a52-6d7a0f6f3b11',
    iconId: 'i'.repeat(22),
    appId: 'com.fabrikam.mail',
    provider: 'webpush',
    sealedTarget: `mbt1.k.${'n'.repeat(16)}.${'c'.repeat(40)}`,
    targetId: 't'.repeat(43),
    keys: undefined,
    form: 'worker',
    language: 'en',
    previews: undefined,
    previewKeys: undefined,
    collapseKey: 'c'.repeat(22),
    presentation: 'badge',
    badge: 3,
    rev: 12,
    acceptedBadge: 2,
    repetition: false,
    traceId: 'f'.repeat(32),
    changedAt: 0,
    expiresAt: 1_800_000_000_000,
    ...change,
  };
}

function notify(change: Partial<Claim>, { url = webAppUrl }: { url?: string } = {}) {
  const notification = toNotification(claim(change), { encrypt, webAppUrl: url });
  assert.deepEqual(notificationSchema.parse(notification), notification, 'as the contract has it');
  return notification;
}

/** The newest unseen message, if there is one, of which the icon was not told yet. */
const wanting = (message: MessageSummary | null, mailboxId = 'anna') => ({
  newest: message === null ? undefined : { mailboxId, message },
  told: undefined,
});
const wanted = wanting(lunch);
const bytesOf = (encrypted: string | undefined): number => Buffer.from(encrypted ?? '', 'base64url').length;

test('a service worker gets its badge, and the preview where it is wanted', () => {
  const without = notify({ keys });
  const payload = {
    v: 1,
    kind: 'badge',
    subscription: 'i'.repeat(22),
    badge: 3,
    rev: 12,
    presentation: 'badge',
  };
  assert.deepEqual(read(without.body), payload);
  const preview = { mailbox: 'anna', from: 'Ben Miller', subject: 'Lunch?', receivedAt: lunch.receivedAt };
  const previewing = notify({ keys, previews: wanted });
  assert.deepEqual(badgePayloadSchema.parse(read(previewing.body)), { ...payload, preview });
  assert.deepEqual(read(notify({ keys, previews: wanted, badge: 0 }).body), { ...payload, badge: 0 });
});

test('a browser that shows messages itself gets words in its language, and the number in both places', () => {
  const declarative = (change: Partial<Claim>) =>
    declarativePayloadSchema.parse(
      read(notify({ keys, form: 'declarative', presentation: 'notification', ...change }).body),
    );
  const message = declarative({ previews: wanted });
  assert.deepEqual(message.notification, {
    title: 'Ben Miller',
    body: 'Lunch?\n3 unseen messages',
    navigate: webAppUrl,
    tag: 'i'.repeat(22),
    lang: 'en',
    silent: true,
    app_badge: '3',
    mutable: false,
  });
  assert.deepEqual([message.web_push, message.app_badge, message.mailbadge.badge], [8030, 3, 3]);
  const titles = languages.map(language =>
    [0, 1, 250].map(badge => declarative({ language, badge }).notification.title),
  );
  assert.deepEqual(titles, [
    ['No unseen messages', '1 unseen message', '250 unseen messages'],
    ['没有未读邮件', '1 封未读邮件', '250 封未读邮件'],
    ['沒有未讀郵件', '1 封未讀郵件', '250 封未讀郵件'],
  ]);
  const read0 = declarative({ badge: 0, previews: wanted }).notification;
  assert.deepEqual([read0.title, read0.body, read0.app_badge], ['No unseen messages', undefined, '0']);
});

test('without a sender or a subject the count stands in its place', () => {
  const words = (newest: MessageSummary) => {
    const { body } = notify({ keys, form: 'declarative', previews: wanting(newest) });
    const { notification } = declarativePayloadSchema.parse(read(body));
    return [notification.title, notification.body];
  };
  const nobody = { fromName: null, fromAddress: null };
  assert.deepEqual(words({ ...lunch, subject: null }), ['Ben Miller', '3 unseen messages']);
  assert.deepEqual(words({ ...lunch, ...nobody }), ['3 unseen messages', 'Lunch?']);
  assert.deepEqual(words({ ...lunch, ...nobody, subject: null }), ['3 unseen messages', undefined]);
});

test('APNs and FCM get the number in the clear and an encrypted preview; FCM the change as well', () => {
  const native = { previews: wanted, previewKeys: keys };
  const apns = notify({ provider: 'apns', ...native });
  assert.deepEqual([apns.badge, apns.body, apns.rev], [3, undefined, undefined]);
  assert.deepEqual(previewPayloadSchema.parse(read(apns.preview)), {
    v: 1,
    kind: 'preview',
    subscription: 'i'.repeat(22),
    rev: 12,
    preview: { mailbox: 'anna', from: 'Ben Miller', subject: 'Lunch?', receivedAt: lunch.receivedAt },
  });
  const fcm = notify({ provider: 'fcm', ...native });
  assert.equal(fcm.rev, 12);
  assert.ok(previewPayloadSchema.parse(read(fcm.preview)));
  for (const quiet of [
    { previewKeys: keys },
    { previews: wanted },
    { ...native, repetition: true },
    { ...native, acceptedBadge: 3 },
    { ...native, acceptedBadge: null },
    { ...native, previews: { ...wanted, told: { receivedAt: lunch.receivedAt, uid: lunch.uid } } },
  ])
    assert.equal(notify({ provider: 'apns', ...quiet }).preview, undefined);
});

test('keys for previews that are no keys cost the preview, never the badge', () => {
  const previewKeys = { ...keys, p256dh: 'B'.repeat(87) };
  const { badge, preview } = notify({ provider: 'apns', previews: wanted, previewKeys });
  assert.deepEqual([badge, preview], [3, undefined]);
});

test('one size for each kind of icon, whatever the count and the message', () => {
  const extremes = [
    { badge: 0, rev: 0 },
    { badge: 2_147_483_647, rev: Number.MAX_SAFE_INTEGER, presentation: 'notification', language: 'zh-Hant' },
  ] as const;
  const off = [undefined];
  const on = [lunch, longest, null].map(message => wanting(message, longMailbox));
  const sizes = (change: Partial<Claim>, previewing: readonly Claim['previews'][]) =>
    previewing.flatMap(previews =>
      extremes.map(extreme =>
        bytesOf(notify({ keys, previews, ...change, ...extreme }, { url: longestUrl }).body),
      ),
    );
  assert.deepEqual(new Set(sizes({}, off)), new Set([256 + 103]));
  assert.deepEqual(new Set(sizes({}, on)), new Set([1024 + 103]));
  assert.deepEqual(new Set(sizes({ form: 'declarative' }, off)), new Set([1024 + 103]));
  assert.deepEqual(new Set(sizes({ form: 'declarative' }, on)), new Set([2048 + 103]));
  for (const message of [lunch, longest]) {
    const previews = wanting(message, longMailbox);
    const native = { provider: 'apns', previews, previewKeys: keys, rev: Number.MAX_SAFE_INTEGER };
    assert.equal(bytesOf(notify(native).preview), 1024 + 103);
  }
});
