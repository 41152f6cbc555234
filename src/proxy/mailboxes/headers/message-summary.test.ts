import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstAuthor } from './from-header.ts';
import { headerFields } from './header-fields.ts';
import { cleanText } from './header-text.ts';
import { messageSummary } from './message-summary.ts';

const at = { uid: 7, receivedAt: 1 };
const subject = (text: string) => messageSummary(at, { subject: text }).subject;

for (const [from, name, address] of [
  ['Ben <ben@x.org>', 'Ben', 'ben@x.org'],
  ['ben@x.org', null, 'ben@x.org'],
  ['<ben@x.org>', null, 'ben@x.org'],
  ['"Doe, John" <john@x.org>, anna@x.org', 'Doe, John', 'john@x.org'],
  ['"say \\"hi\\"" <j@x.org>', 'say "hi"', 'j@x.org'],
  ['john@x.org (John (the younger) Doe)', 'John (the younger) Doe', 'john@x.org'],
  ['Pete(A nice \\) chap) <pete@silly.test>', 'Pete', 'pete@silly.test'], // RFC 5322 appendix A.5
  ['A Group: Ed <ed@x.org>, joe@y.org;', 'Ed', 'ed@x.org'], // RFC 5322 appendix A.1.3
  ['Undisclosed recipients:;', 'Undisclosed recipients', null],
  ['<@route.test:john@x.org>', null, 'john@x.org'],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <j@x.jp>', '日本', 'j@x.jp'],
  ['"=?utf-8?B?5byg5LiJ?=" <z@x.cn>', '张三', 'z@x.cn'],
  ['=?utf-8?Q?Doe=2C_John?= <john@x.org>', 'Doe, John', 'john@x.org'],
  ['not an address', 'not an address', null],
  ['<not an address>', null, null],
  ['"ceo@bank.test" <thief@evil.test>', 'ceo@bank.test', 'thief@evil.test'],
  ['A <a@x.org', 'A', 'a@x.org'],
  [', ,, <>, b@x.org', null, 'b@x.org'],
  ['', null, null],
] as const) {
  test(`From: ${from}`, () => {
    assert.deepEqual(firstAuthor(from), { name, address });
  });
}

test('subjects are decoded in the charsets of the world', () => {
  assert.equal(subject('=?GB18030?B?xOO6w6Osyq+94w==?='), '你好，石姐');
  assert.equal(subject('=?gb2312?B?xOO6ww==?= =?gb2312?B?xOO6ww==?='), '你好你好');
  assert.equal(subject('=?big5?B?p0GmbqFBpUCsyQ==?='), '你好，世界');
  assert.equal(subject('=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?='), 'こんにちは');
  assert.equal(subject('=?iso-8859-1*de?q?Gr=FC=DFe_aus?= Bern'), 'Grüße aus Bern');
  // One character over two words, as careless mailers split them.
  assert.equal(subject('=?utf-8?B?5L2g5Q==?= =?utf-8?B?pb0=?='), '你好');
});

test('what cannot be decoded is shown as it is, or as well as it can be', () => {
  assert.equal(subject('=?utf-8?B?'), '=?utf-8?B?');
  assert.equal(subject('=?no-such-charset?q?x?='), 'x');
  assert.equal(subject('=?utf-8?q?=FF=FE?='), '\ufffd\ufffd');
});

test('nothing that moves or hides the words around it is left', () => {
  assert.equal(cleanText('a\u0000b\u001b[31mc\u0085d', 99), 'ab[31mcd');
  assert.equal(cleanText('invoice\u202efdp.exe\u2066', 99), 'invoicefdp.exe');
  assert.equal(cleanText(' a\r\n\t b\u2028c\u200b\ufeff ', 99), 'a b c');
  assert.equal(subject('=?utf-8?B?4oCubW9jLg==?='), 'moc.');
  assert.equal(cleanText('👩‍👧', 99), '👩‍👧');
});

test('names, subjects and ids are bounded, and no character is cut in two', () => {
  const huge = messageSummary(at, {
    from: `${'y'.repeat(1_000_000)} <a@b.c>`,
    subject: '😀'.repeat(1000),
    messageId: `<${'i'.repeat(600)}@x>`,
  });
  assert.equal(huge.fromName?.length, 100);
  assert.equal(huge.subject, '😀'.repeat(250));
  assert.equal(huge.messageId, null);
  assert.equal(messageSummary(at, { messageId: ' <a.b@c> (comment)' }).messageId, 'a.b@c');
  const words = `${'=?utf-8?B?5L2g5aW9?= '.repeat(2000)}`;
  assert.match(subject(words) ?? '', /^(你好)+$/);
});

test('fields: folded, repeated, empty, cut off, in 8 bits, and none at all', () => {
  const fields = (text: string) => Object.fromEntries(headerFields(Buffer.from(text, 'latin1')));
  assert.deepEqual(fields('SUBJECT: a\r\n b\r\n\tc\r\nSubject: second\r\nX:\r\n\r\nFrom: body'), {
    subject: 'a b\tc',
    x: '',
  });
  assert.deepEqual(fields(' goes on from nothing\nno colon\n : no name\nFrom : ben'), { from: 'ben' });
  assert.deepEqual(fields('Subject: Gr\xfc\xdfe'), { subject: 'Grüße' });
  assert.deepEqual(fields('Subject: Gr\xc3\xbc\xc3\x9fe'), { subject: 'Grüße' });
  assert.deepEqual(fields(''), {});
});

test('whatever a message says of itself, its summary is harmless', () => {
  const nasty = fc.constantFrom(
    ...[
      '=?',
      '?=',
      '=?utf-8?B?',
      '?Q?',
      '<',
      '>',
      '"',
      '\\',
      '(',
      ')',
      ':',
      ';',
      ',',
      '@',
      '\r\n ',
      '\0',
      '\u202e',
      '=FF',
    ],
  );
  const text = fc
    .array(fc.oneof(nasty, nasty, fc.string({ unit: 'binary' })), { maxLength: 60 })
    .map(parts => parts.join(''));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be left
  const hidden = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
  fc.assert(
    fc.property(text, text, text, fc.uint8Array({ maxLength: 300 }), (from, title, id, bytes) => {
      const raw = Buffer.concat([
        Buffer.from(`From: ${from}\r\nSubject: ${title}\r\nMessage-ID: ${id}\r\n`),
        bytes,
      ]);
      const fields = headerFields(raw);
      for (const headers of [
        { from, subject: title, messageId: id },
        { from: fields.get('from'), subject: fields.get('subject'), messageId: fields.get('message-id') },
      ]) {
        const { fromName, fromAddress, subject: shown, messageId } = messageSummary(at, headers);
        for (const [value, most] of [
          [fromName, 200],
          [fromAddress, 320],
          [shown, 500],
          [messageId, 500],
        ] as const) {
          if (value === null) continue;
          assert.ok(value !== '' && value.length <= most && value.isWellFormed());
          assert.doesNotMatch(value, hidden);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
