import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../runtime/errors.ts';
import { readMetadataDocument } from './metadata-document.ts';

const url = new URL('https://sts.example.com/metadata/json/1');
const realm = '5f0c0b7e-6a3e-4c2e-9a55-0e4b3f1f2a11';
const s2s = {
  version: '1.0',
  keys: [],
  endpoints: [{ location: 'https://sts.example.com/token', protocol: 'OAuth2', usage: 'issuance' }],
};

function read(document: unknown, from = url) {
  return readMetadataDocument(Buffer.from(JSON.stringify(document)), from, { now: 0 });
}

test('an S2S issuer is read from issuer, else from service name and realm; * is any realm', () => {
  const cases: [document: object, issuer: string, realm: string | null][] = [
    [{ issuer: `app@${realm}` }, `app@${realm}`, realm],
    [{ issuer: `app@${realm.toUpperCase()}` }, `app@${realm}`, realm],
    [{ issuer: 'app', realm }, `app@${realm}`, realm],
    [{ serviceName: 'app', realm }, `app@${realm}`, realm],
    [{ serviceName: 'app', realm: '*' }, 'app@*', null],
    [{ version: 'Exchange/1.0', issuer: `app@${realm}` }, `app@${realm}`, realm],
  ];
  for (const [members, issuer, expected] of cases) {
    const document = read({ ...s2s, ...members });
    assert.deepEqual([document.kind, document.issuer, document.realm], ['s2s', issuer, expected]);
  }
});

test('an OAuth issuer is kept to the letter: assertions must name it so', () => {
  const members = { token_endpoint: 'https://sts.example.com/t', jwks_uri: 'https://sts.example.com/k' };
  for (const issuer of ['https://sts.example.com', 'https://sts.example.com/', 'https://sts.example.com/a']) {
    assert.equal(read({ issuer, ...members }).issuer, issuer);
  }
});

test('whatever a document holds, it is read or refused with a reason', () => {
  const members = fc.record(
    {
      issuer: fc.oneof(fc.string(), fc.constant(`app@${realm}`), fc.constant('https://sts.example.com')),
      serviceName: fc.oneof(fc.string(), fc.integer()),
      realm: fc.oneof(fc.string(), fc.constant(realm), fc.constant('*')),
      version: fc.string(),
      token_endpoint: fc.oneof(fc.webUrl(), fc.constant('https://sts.example.com/t')),
      jwks_uri: fc.oneof(fc.webUrl(), fc.constant('https://sts.example.com/k')),
      keys: fc.oneof(fc.jsonValue(), fc.array(fc.record({ usage: fc.string(), keyvalue: fc.jsonValue() }))),
      endpoints: fc.oneof(fc.jsonValue(), fc.constant(s2s.endpoints)),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(members, fc.jsonValue()), document => {
      try {
        const { tokenEndpoint } = read(document);
        assert.equal(new URL(tokenEndpoint).origin, url.origin);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'metadata-invalid', String(error));
      }
    }),
    { numRuns: 100 },
  );
});
