import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webmailLinks } from './webmail-links.ts';

const mailbox = 'anna@fabrikam.com';
const base = 'https://webmail.fabrikam.com';

test('every value is filled in and percent-encoded', () => {
  const message = { uid: 7, messageId: 'a/b?c=d&e#f %2e"<>@x' };
  assert.deepEqual(
    webmailLinks(`${base}/m/{mailbox}/{message_id}?uid={uid}&do={action}`, { mailbox, message }),
    {
      open: `${base}/m/anna%40fabrikam.com/a%2Fb%3Fc%3Dd%26e%23f%20%252e%22%3C%3E%40x?uid=7&do=open`,
      markRead: `${base}/m/anna%40fabrikam.com/a%2Fb%3Fc%3Dd%26e%23f%20%252e%22%3C%3E%40x?uid=7&do=mark-read`,
      archive: `${base}/m/anna%40fabrikam.com/a%2Fb%3Fc%3Dd%26e%23f%20%252e%22%3C%3E%40x?uid=7&do=archive`,
    },
  );
  assert.deepEqual(webmailLinks(`${base}/?uid={uid}`, { mailbox, message }), { open: `${base}/?uid=7` });
});

test('no sender can lead a link elsewhere', () => {
  for (const messageId of [
    '../../admin',
    '//evil.example',
    '\\\\evil.example',
    '@evil.example',
    '{uid}',
    '\ud800',
    'a\r\nb',
    '\u202e',
  ]) {
    const links = webmailLinks(`${base}/mail/{message_id}/view`, { mailbox, message: { uid: 1, messageId } });
    const url = new URL(links?.open ?? assert.fail());
    assert.equal(url.origin, base);
    assert.match(url.pathname, /^\/mail\/[^/\\]+\/view$/, messageId);
  }
});

test('without what the template needs there is no link', () => {
  for (const messageId of [null, '', '.', '..']) {
    const message = { uid: 1, messageId };
    assert.equal(webmailLinks(`${base}/{message_id}`, { mailbox, message }), null);
    assert.deepEqual(webmailLinks(`${base}/{uid}`, { mailbox, message }), { open: `${base}/1` });
  }
});
