// The look-up of a domain's TXT record, by the real resolver against a name server that fails at will: only an answer
// that says "there is no such record" counts as missing.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { checkDomainProof, domainRecord, txtLookup } from '../../src/relay/organizations/domain-proof.ts';
import { DnsServer, type TxtAnswer } from '../fixtures/dns-server.ts';
import { patienceMs } from '../fixtures/until.ts';

const proof = { domain: 'fabrikam.com', token: 'A'.repeat(22) };
const { name, value } = domainRecord(proof.domain, proof.token);

async function nameServer(t: TestContext, timeoutMs = patienceMs) {
  const server = await DnsServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  const lookUp = txtLookup({ servers: [server.address], timeoutMs, tries: 1 });
  return { server, check: () => checkDomainProof(lookUp, proof) };
}

test('the record is named as documented', () => {
  assert.deepEqual(domainRecord('fabrikam.com', 'x'), {
    name: '_mailbadge.fabrikam.com',
    value: 'mailbadge-domain-proof=x',
  });
});

test('the record proves the domain, alone, in several strings, or among many', async t => {
  const { server, check } = await nameServer(t);
  const others = Array.from({ length: 4 }, (_, index) => [`google-site-verification=${index}`]);
  const published: [string, TxtAnswer][] = [
    ['alone', { records: [[value]] }],
    ['in several strings', { records: [[value.slice(0, 9), value.slice(9, 30), value.slice(30)]] }],
    ['with blanks around', { records: [[` ${value} `]] }],
    ['among others', { records: [...others, [value]] }],
  ];
  for (const [what, answer] of published) {
    server.set(name, answer);
    assert.deepEqual(await check(), { kind: 'proved' }, what);
  }
});

test('an answer too large for UDP is fetched over TCP', async t => {
  const { server, check } = await nameServer(t);
  const many = Array.from({ length: 300 }, (_, index) => [`v=spf1 include:${index}.${'x'.repeat(100)} -all`]);
  server.set(name, { records: [...many, [value]] });
  assert.deepEqual(await check(), { kind: 'proved' });
  assert.deepEqual(
    server.asked.map(({ over }) => over),
    ['udp', 'tcp'],
  );
});

test('what the name server says is not there is missing, and what is there instead is told', async t => {
  const { server, check } = await nameServer(t);
  const answers: [TxtAnswer, RegExp][] = [
    ['nxdomain', /^_mailbadge\.fabrikam\.com has no TXT record$/],
    ['no-data', /has no TXT record$/],
    [
      { records: [['mailbadge-domain-proof=of another']] },
      /another TXT record: "mailbadge-domain-proof=of another"/,
    ],
    [{ records: [[`${value}x`]] }, /another TXT record/],
    [{ records: [[value.toUpperCase()]] }, /another TXT record/],
    [{ records: [[`x${value}`], ['\u001b[2J\u202e']] }, /2 other TXT records: .*\?/],
  ];
  for (const [answer, said] of answers) {
    server.set(name, answer);
    const found = await check();
    assert.equal(found.kind, 'missing', JSON.stringify(answer));
    assert.match(found.kind === 'missing' ? found.detail : '', said);
  }
});

test('what is found is shown in bounds', async t => {
  const { server, check } = await nameServer(t);
  server.set(name, { records: Array.from({ length: 100 }, () => ['y'.repeat(255)]) });
  const found = await check();
  assert.ok(found.kind === 'missing' && found.detail.length < 400, JSON.stringify(found));
});

test('a name server that cannot say proves nothing and takes nothing', async t => {
  const { server, check } = await nameServer(t, 3000);
  for (const answer of ['servfail', 'refused', 'silence', 'garbage'] satisfies TxtAnswer[]) {
    server.set(name, answer);
    assert.equal((await check()).kind, 'unreachable', answer);
  }
});

test('a name server that is not there proves nothing and takes nothing', async () => {
  const server = await DnsServer.start();
  const lookUp = txtLookup({ servers: [server.address], timeoutMs: 300, tries: 1 });
  await server[Symbol.asyncDispose]();
  assert.equal((await checkDomainProof(lookUp, proof)).kind, 'unreachable');
});
