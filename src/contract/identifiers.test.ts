import assert from 'node:assert/strict';
import test from 'node:test';
import { organizationDomainSchema } from './identifiers.ts';

test('an organization is a domain in any case, kept in lower case', () => {
  for (const text of ['Fabrikam.com', ' fabrikam.com ', 'fabrikam.com.', 'FABRIKAM.COM']) {
    assert.equal(organizationDomainSchema.parse(text), 'fabrikam.com');
  }
  assert.equal(organizationDomainSchema.parse('xn--bcher-kva.example'), 'xn--bcher-kva.example');
});

test('what is no domain is refused', () => {
  for (const text of [
    '',
    'fabrikam',
    'fabrikam..com',
    '-a.com',
    'a-.com',
    'user@fabrikam.com',
    '10.0.0.1',
    'a b.com',
    'ex_ample.com',
    `${'a'.repeat(64)}.com`,
    'https://fabrikam.com',
  ]) {
    assert.equal(organizationDomainSchema.safeParse(text).success, false, text);
  }
});
