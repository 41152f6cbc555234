import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import test from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { systemRandom } from './random.ts';
import { Secret, SecretBox } from './secrets.ts';

const box = () => new SecretBox({ key: createSecretKey(systemRandom.bytes(32)), random: systemRandom });

test('a secret prints nowhere', () => {
  const secret = new Secret('hunter2');
  for (const text of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }),
  ]) {
    assert.ok(!text.includes('hunter2'), text);
  }
  assert.equal(secret.reveal(), 'hunter2');
});

test('what was sealed opens for its purpose alone', () => {
  const sealing = box();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), plaintext => {
      const sealed = sealing.seal('mailbox-password', plaintext);
      assert.equal(sealing.open('mailbox-password', sealed).reveal(), plaintext.toWellFormed());
      assert.throws(() => sealing.open('private-key', sealed), { code: 'sealed-secret-unreadable' });
    }),
  );
});

test('a damaged, foreign or alien text is refused with a hint, never a crash', () => {
  const sealing = box();
  const sealed = sealing.seal('p', 'x');
  assert.throws(() => box().open('p', sealed), { code: 'sealed-secret-unreadable', hint: /key file/ });
  fc.assert(
    fc.property(fc.string(), text => {
      assert.throws(() => sealing.open('p', text), { code: 'sealed-secret-unreadable' });
    }),
  );
  const flipped = `${sealed.slice(0, -2)}${sealed.at(-2) === 'A' ? 'B' : 'A'}${sealed.at(-1)}`;
  assert.throws(() => sealing.open('p', flipped), { code: 'sealed-secret-unreadable' });
});
