// Certificate files as openssl makes them, good and bad, read by what imports them. openssl is also asked what it
// thinks of the certificates that we make.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keyKinds, makeCertificate } from '../../src/proxy/trust/certificates/certificate.ts';
import { readCertificateFile } from '../../src/proxy/trust/certificates/import-certificate.ts';
import { AppError } from '../../src/runtime/errors.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secrets.ts';

const dayMs = 86_400_000;
const skip =
  spawnSync('openssl', ['version']).status === 0
    ? false
    : 'openssl is not installed: no other program makes or judges certificates';
const folder = mkdtempSync(join(tmpdir(), 'mailbadge-certificates-'));
after(() => rmSync(folder, { recursive: true }));

function openssl(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, `openssl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** NAME.key and NAME.crt. */
function certify(
  name: string,
  key: string[],
  { subject = '/CN=Fabrikam OAuth', more = [] as string[] } = {},
): void {
  openssl('genpkey', ...key, '-out', `${name}.key`);
  openssl(
    'req',
    '-new',
    '-x509',
    '-key',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-days',
    '90',
    '-subj',
    subject,
    ...more,
  );
}

function pfx(file: string, name: string, ...more: string[]): void {
  openssl('pkcs12', '-export', '-inkey', `${name}.key`, '-in', `${name}.crt`, '-out', file, ...more);
}

function pem(...files: string[]): Buffer {
  return Buffer.concat(files.map(file => readFileSync(join(folder, file))));
}

const rsa = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const curve = (name: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${name}`];

async function read(bytes: Buffer, { password, now = Date.now() }: { password?: string; now?: number } = {}) {
  let asked = 0;
  const imported = await readCertificateFile(bytes, {
    now,
    password: async () => {
      asked++;
      if (password === undefined) assert.fail('it asked for a password');
      return new Secret(password);
    },
  });
  return { ...imported, asked };
}

async function refused(bytes: Buffer, code: string, options: { password?: string; now?: number } = {}) {
  const error = await read(bytes, options).then(
    () => assert.fail('it was taken'),
    thrown => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  assert.equal(error.code, code, error.message);
  assert.ok(error.hint !== undefined && error.hint.length > 10);
  assert.doesNotMatch(`${error.message} ${error.hint}`, /s3cret/);
  return error;
}

before(() => {
  if (skip !== false) return;
  certify('rsa', rsa, { more: ['-addext', 'subjectAltName=DNS:fabrikam.com'] });
  certify('ec', curve('P-256'));
  certify('other', curve('P-256'));
});

function fingerprint(name: string): string {
  return openssl('x509', '-in', `${name}.crt`, '-noout', '-fingerprint', '-sha1')
    .replace(/^.*=/, '')
    .replaceAll(/[:\n]/g, '');
}

for (const [name, args, password] of [
  ['rsa', ['-passout', 'pass:s3cret', '-name', 'Exchange S2S OAuth'], 's3cret'],
  ['ec', ['-passout', 'pass:'], undefined],
  ['rsa', ['-passout', 'pass:pässwörd'], 'pässwörd'],
  ['ec', ['-passout', 'pass:s3cret', '-keypbe', 'NONE', '-certpbe', 'NONE'], 's3cret'],
  [
    'rsa',
    ['-passout', 'pass:s3cret', '-macalg', 'sha512', '-keypbe', 'AES-128-CBC', '-iter', '5000'],
    's3cret',
  ],
] as const) {
  test(`a PFX by openssl is read: ${name} ${args.slice(1).join(' ')}`, { skip }, async () => {
    pfx('good.pfx', name, ...args);
    const { certificate, privateKey, friendlyName, asked } = await read(
      pem('good.pfx'),
      password === undefined ? {} : { password },
    );
    assert.equal(certificate.thumbprint, fingerprint(name));
    assert.ok(createPublicKey(createPrivateKey(privateKey.reveal())).equals(certificate.publicKey));
    assert.equal(
      friendlyName,
      args.includes('Exchange S2S OAuth' as never) ? 'Exchange S2S OAuth' : undefined,
    );
    assert.equal(asked, password === undefined ? 0 : 1);
  });
}

test('a PFX with the whole chain gives the certificate that the key belongs to', { skip }, async () => {
  pfx('chain.pfx', 'ec', '-certfile', 'other.crt', '-passout', 'pass:s3cret');
  assert.equal(
    (await read(pem('chain.pfx'), { password: 's3cret' })).certificate.thumbprint,
    fingerprint('ec'),
  );
});

test('PEM is read in either order, with an encrypted key, and with lines around it', { skip }, async () => {
  const thumbprint = fingerprint('rsa');
  assert.equal((await read(pem('rsa.crt', 'rsa.key'))).certificate.thumbprint, thumbprint);
  assert.equal((await read(pem('rsa.key', 'other.crt', 'rsa.crt'))).certificate.thumbprint, thumbprint);
  openssl('pkey', '-in', 'rsa.key', '-aes256', '-passout', 'pass:s3cret', '-out', 'locked.key');
  const both = pem('rsa.crt', 'locked.key');
  assert.equal((await read(both, { password: 's3cret' })).certificate.thumbprint, thumbprint);
  await refused(both, 'certificate-password-wrong', { password: 'wrong' });
});

test('an old PFX is refused with the openssl command that mends it, and that command does', {
  skip,
}, async t => {
  const made = spawnSync(
    'openssl',
    [
      'pkcs12',
      '-export',
      '-legacy',
      '-inkey',
      'rsa.key',
      '-in',
      'rsa.crt',
      '-passout',
      'pass:s3cret',
      '-out',
      'old.pfx',
    ],
    { cwd: folder },
  );
  if (made.status !== 0) return t.skip('this openssl makes no files of the old kind');
  for (const algorithm of [[], ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES']]) {
    pfx('old.pfx', 'rsa', '-legacy', '-passout', 'pass:s3cret', ...algorithm);
    await refused(pem('old.pfx'), 'certificate-password-wrong', { password: 'wrong' });
    const { hint } = await refused(pem('old.pfx'), 'certificate-form-unsupported', { password: 's3cret' });
    const command = /openssl (pkcs12 -legacy -in OLD\.pfx -out NEW\.pem)/.exec(hint ?? '')?.[1];
    assert.ok(command !== undefined, hint);
    const args = command.replace('OLD', 'old').replace('NEW', 'new').split(' ');
    openssl(...args, '-passin', 'pass:s3cret', '-passout', 'pass:s3cret');
    assert.equal(
      (await read(pem('new.pem'), { password: 's3cret' })).certificate.thumbprint,
      fingerprint('rsa'),
    );
  }
});

test('a wrong password, a cut file and garbage each end in their own error', { skip }, async () => {
  pfx('whole.pfx', 'ec', '-passout', 'pass:s3cret');
  const whole = pem('whole.pfx');
  await refused(whole, 'certificate-password-wrong', { password: 'wrong' });
  for (const length of [1, 10, 200, whole.length - 1]) {
    await refused(whole.subarray(0, length), 'certificate-invalid', { password: 's3cret' });
  }
  const text = pem('ec.crt', 'ec.key');
  await refused(text.subarray(0, 300), 'certificate-invalid');
  await refused(Buffer.from(text.toString().replace('\nMII', '\nAAA')), 'certificate-invalid');
  await refused(
    Buffer.from('-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----'),
    'certificate-invalid',
  );
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(5000, 0x30), systemRandom.bytes(3000)]) {
    await refused(bytes, 'certificate-invalid', { password: 's3cret' });
  }
  await refused(Buffer.alloc(70_000), 'certificate-invalid');
});

test('a PFX without a stamp is read; with any byte of it changed, it is refused or the same', {
  skip,
}, async () => {
  pfx('nomac.pfx', 'ec', '-nomac', '-passout', 'pass:s3cret');
  const whole = pem('nomac.pfx');
  assert.equal((await read(whole, { password: 's3cret' })).certificate.thumbprint, fingerprint('ec'));
  await refused(whole, 'certificate-password-wrong', { password: 'wrong' });
  for (let at = 0; at < whole.length; at += 7) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x11;
    const result = await readCertificateFile(changed, {
      now: Date.now(),
      password: async () => new Secret('s3cret'),
    }).catch((error: unknown) => error);
    if (result instanceof Error) assert.ok(result instanceof AppError, `byte ${at}: ${result.stack}`);
  }
});

test('a certificate without its key, or with the key of another, is refused', { skip }, async () => {
  openssl('x509', '-in', 'ec.crt', '-outform', 'der', '-out', 'ec.cer');
  assert.match((await refused(pem('ec.cer'), 'certificate-invalid')).message, /without its private key/);
  assert.match((await refused(pem('ec.crt'), 'certificate-invalid')).message, /without its private key/);
  assert.match((await refused(pem('ec.key'), 'certificate-invalid')).message, /no complete certificate/);
  openssl('pkcs12', '-export', '-nokeys', '-in', 'ec.crt', '-passout', 'pass:s3cret', '-out', 'nokey.pfx');
  await refused(pem('nokey.pfx'), 'certificate-invalid', { password: 's3cret' });
  await refused(pem('other.crt', 'ec.key'), 'certificate-key-mismatch');
});

test('a certificate outside its dates is refused with them', { skip }, async () => {
  const { notBefore, notAfter } = (await read(pem('ec.crt', 'ec.key'))).certificate;
  const early = await refused(pem('ec.crt', 'ec.key'), 'certificate-not-yet-valid', { now: notBefore - 1 });
  assert.match(early.message, /not valid before \d{4}-.*Z/);
  await refused(pem('ec.crt', 'ec.key'), 'certificate-expired', { now: notAfter });
  await read(pem('ec.crt', 'ec.key'), { now: notAfter - 1 });
});

for (const [name, key, code, words] of [
  [
    'rsa-1024',
    ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
    'certificate-key-too-small',
    /2048/,
  ],
  ['p-521', curve('P-521'), 'certificate-invalid', /secp521r1/],
  ['ed25519', ['-algorithm', 'ED25519'], 'certificate-invalid', /ed25519/],
] as const) {
  test(`a certificate of ${name} is refused`, { skip }, async () => {
    certify(name, [...key]);
    assert.match((await refused(pem(`${name}.crt`, `${name}.key`), code)).message, words);
  });
}

test('a certificate of DSA is refused', { skip }, async () => {
  openssl('dsaparam', '-out', 'dsa.param', '2048');
  openssl('gendsa', '-out', 'dsa.key', 'dsa.param');
  openssl('req', '-new', '-x509', '-key', 'dsa.key', '-out', 'dsa.crt', '-days', '90', '-subj', '/CN=x');
  assert.match((await refused(pem('dsa.crt', 'dsa.key'), 'certificate-invalid')).message, /dsa/);
});

for (const kind of keyKinds) {
  test(`openssl agrees with a ${kind} certificate that we make, and with its lifetime`, {
    skip,
  }, async () => {
    const now = Date.now();
    const made = await makeCertificate({
      organization: 'fabrikam.com',
      kind,
      lifetimeMs: 1800 * dayMs,
      now,
      random: systemRandom,
    });
    const { der, thumbprint, notAfter } = made.certificate;
    assert.equal(notAfter, Math.floor((now + 1800 * dayMs) / 1000) * 1000);
    writeFileSync(join(folder, 'made.cer'), der);
    const text = openssl(
      'x509',
      '-inform',
      'der',
      '-in',
      'made.cer',
      '-noout',
      '-text',
      '-fingerprint',
      '-sha1',
    );
    assert.match(
      text,
      kind === 'p-256' ? /NIST CURVE: P-256/ : new RegExp(`Public-Key: \\(${kind.slice(4)} bit\\)`),
    );
    assert.match(text, /X509v3 Subject Key Identifier:/);
    assert.equal(text.trim().split('\n').at(-1)?.replace(/^.*=/, '').replaceAll(':', ''), thumbprint);
    openssl('x509', '-inform', 'der', '-in', 'made.cer', '-out', 'made.pem');
    openssl('verify', '-check_ss_sig', '-CAfile', 'made.pem', 'made.pem');
    assert.equal(new X509Certificate(der).subjectAltName, 'DNS:fabrikam.com');
  });
}
