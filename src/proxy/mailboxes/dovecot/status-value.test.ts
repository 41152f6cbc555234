import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStatusKey, parseStatusValue } from './status-value.ts';

test('the user stands in the key, after the secret', () => {
  assert.equal(parseStatusKey('alice@fabrikam.com/status/INBOX', ''), 'alice@fabrikam.com');
  assert.equal(parseStatusKey('secret/alice/status/INBOX', 'secret/'), 'alice');
  assert.equal(parseStatusKey('secret/a/status/INBOX/status/INBOX', 'secret/'), 'a/status/INBOX');
  assert.equal(parseStatusKey('SECRET/alice/status/INBOX', 'secret/'), undefined);
  assert.equal(parseStatusKey('alice/status/INBOX', 'secret/'), undefined);
  assert.equal(parseStatusKey('sec', 'secret/'), undefined);
  assert.equal(parseStatusKey('/status/INBOX', ''), undefined);
  assert.equal(parseStatusKey('alice/status/Drafts', ''), undefined);
});

test('the value is read for its numbers', () => {
  assert.deepEqual(parseStatusValue('{"unseen":3,"uidvalidity":1795296419,"modseq":8,"user":"alice"}'), {
    unseen: 3,
    version: { uidValidity: 1795296419, modSeq: 8 },
  });
});

test('a value that cannot be right is none, whatever it is', () => {
  for (const text of ['', '{', '[]', 'null', '{"unseen":-1,"uidvalidity":1,"modseq":1}', '{"unseen":1}']) {
    assert.equal(parseStatusValue(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      const count = parseStatusValue(text);
      assert.ok(count === undefined || Number.isSafeInteger(count.unseen));
    }),
  );
});
