import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { test } from 'node:test';
import { cheapPasswords } from '../../../test/fixtures/relay-database.ts';
import { AppError } from '../../runtime/errors.ts';
import { systemRandom } from '../../runtime/random.ts';
import { generatePassword, Passwords, parseNewPassword } from './password.ts';

const cheap = () => new Passwords({ random: systemRandom, cost: cheapPasswords });

test('a password is kept as a PHC string of argon2id, at the cost that OWASP asks for', async () => {
  const passwords = new Passwords({ random: systemRandom });
  const stored = await passwords.hash('correct horse battery');
  const match = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/.exec(stored);
  const tag = argon2Sync('argon2id', {
    message: 'correct horse battery',
    nonce: Buffer.from(match?.[1] ?? '', 'base64'),
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  });
  assert.deepEqual(Buffer.from(match?.[2] ?? '', 'base64'), tag);
  assert.deepEqual(await passwords.verify('correct horse battery', stored), {
    matches: true,
    outdated: false,
  });
});

test('a string of the reference implementation verifies', async () => {
  // phc-winner-argon2, src/test.c: hashtest(0x13, 2, 16, 1, "password", "somesalt", …, Argon2_id)
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  const passwords = new Passwords({ random: systemRandom });
  assert.deepEqual(await passwords.verify('password', stored), { matches: true, outdated: false });
  assert.equal((await passwords.verify('passwort', stored)).matches, false);
});

test('only the very password matches, however its letters are composed', async () => {
  const passwords = cheap();
  const stored = await passwords.hash('pässword long enough');
  const cases: [string, boolean][] = [
    ['pässword long enough', true],
    ['pa\u0308ssword long enough', true],
    ['password long enough', false],
    ['pässword long enough ', false],
    ['', false],
  ];
  for (const [password, matches] of cases) {
    assert.equal((await passwords.verify(password, stored)).matches, matches, password);
  }
});

test('two of the same password differ', async () => {
  assert.notEqual(await cheap().hash('correct horse battery'), await cheap().hash('correct horse battery'));
});

test('a longer password than may be is refused, when set and when tried', async () => {
  const passwords = cheap();
  const longest = 'x'.repeat(256);
  assert.equal((await passwords.verify(`${longest}y`, await passwords.hash(longest))).matches, false);
  assert.equal(parseNewPassword(longest), longest);
  for (const unfit of ['', 'x'.repeat(11), 'x'.repeat(257)]) {
    assert.throws(
      () => parseNewPassword(unfit),
      (error: AppError) => error.code === 'password-unfit',
    );
  }
});

test('nobody’s password matches nothing', async () => {
  const passwords = cheap();
  for (const guess of ['', 'x', 'correct horse battery']) {
    assert.equal((await passwords.verify(guess, undefined)).matches, false);
  }
});

test('what was hashed more cheaply is outdated', async () => {
  const stored = await cheap().hash('correct horse battery');
  const dearer = new Passwords({ random: systemRandom, cost: { ...cheapPasswords, passes: 2 } });
  assert.deepEqual(await dearer.verify('correct horse battery', stored), { matches: true, outdated: true });
});

test('of a flood, two are computed at once, fifty wait, and the rest is turned away', async () => {
  const passwords = cheap();
  const settled = await Promise.allSettled(
    Array.from({ length: 200 }, () => passwords.verify('x', undefined)),
  );
  const refused = settled.filter(each => each.status === 'rejected');
  assert.equal(refused.length, 148);
  assert.ok(refused.every(({ reason }) => reason instanceof AppError && reason.code === 'overloaded'));
  assert.equal((await passwords.verify('x', undefined)).matches, false, 'it works again');
});

test('a generated password may be set, and is another each time', () => {
  const password = generatePassword(systemRandom);
  assert.equal(parseNewPassword(password), password);
  assert.notEqual(generatePassword(systemRandom), password);
});
