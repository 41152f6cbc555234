// The proxy's access tokens over real HTTP and TLS, against a stand-in relay that verifies every assertion.

import assert from 'node:assert/strict';
import { createHash, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { ticketClaimsSchema, ticketType } from '../../src/contract/registration.ts';
import { CertificateStore } from '../../src/proxy/trust/certificates/certificate-store.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret, SecretBox } from '../../src/runtime/secrets.ts';
import { enrolment, newSecretBox, openProxyTrust } from '../fixtures/proxy-trust.ts';
import { answerJson, answerProblem, RelayStandIn } from '../fixtures/relay-stand-in.ts';
import { makeTlsCertificate } from '../fixtures/tls-certificate.ts';
import { until } from '../fixtures/until.ts';

const tokenPath = 'POST /oauth/token';
const hourMs = 3_600_000;

/** Lets what goes over sockets finish while the clock stands still, or moves in small steps. */
async function untilTrue(
  condition: () => boolean,
  meanwhile: () => Promise<unknown> = nextTurn,
): Promise<void> {
  await until(condition.toString(), condition, { meanwhile });
}

for (const kind of ['rsa-2048', 'rsa-3072', 'p-256'] as const) {
  test(`a token is granted to a ${kind} certificate`, async () => {
    await using relay = await RelayStandIn.open();
    await using trust = await openProxyTrust({ relay, kind });
    const token = await trust.access.tokens.get();
    assert.ok(token.kind === 'token');
    assert.equal(token.accessToken.reveal(), 'token-1');
    assert.equal(relay.requests.at(-1)?.headers['user-agent'], 'Mailbadge-Proxy/0.1.0');
  });
}

test('the assertion names the key, the issuer and a short life', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  await trust.access.tokens.get();
  const form = new URLSearchParams(relay.requests.at(-1)?.body);
  const assertion = form.get('client_assertion') ?? '';
  assert.deepEqual(decodeProtectedHeader(assertion), {
    alg: 'ES256',
    kid: trust.certificate.id,
    'x5t#S256': trust.certificate.id,
    x5t: createHash('sha1').update(trust.certificate.der).digest('base64url'),
  });
  const { aud, iss, sub, iat, exp, jti } = decodeJwt(assertion);
  assert.equal(aud, relay.url);
  assert.deepEqual([iss, sub], [enrolment.applicationId, enrolment.applicationId]);
  assert.ok((exp ?? 0) - (iat ?? 0) <= 120);
  assert.ok((jti ?? '').length >= 16);
});

test('an RSA key signs assertions and tickets with PS256 where that is configured', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay, kind: 'rsa-2048', rsaAlgorithm: 'PS256' });
  assert.equal((await trust.access.tokens.get()).kind, 'token');
  const form = new URLSearchParams(relay.requests.at(-1)?.body);
  assert.equal(decodeProtectedHeader(form.get('client_assertion') ?? '').alg, 'PS256');
  const signed = await trust.access.tickets.sign({ appId: 'com.fabrikam.mail', installationId: 'phone-1' });
  assert.ok(signed.kind === 'signed');
  await jwtVerify(signed.ticket, trust.certificate.publicKey, { algorithms: ['PS256'] });
});

test('twenty that ask at once cause one request', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay, start: false });
  await trust.access.trust.reload();
  const answers = await Promise.all(Array.from({ length: 20 }, () => trust.access.tokens.get()));
  assert.ok(answers.every(answer => answer.kind === 'token'));
  assert.equal(relay.count(tokenPath), 1);
});

test('a token is renewed in the background at two thirds of its life', async () => {
  const clock = new ManualClock();
  await using relay = await RelayStandIn.open({ now: () => clock.now() });
  await using trust = await openProxyTrust({ relay, clock });
  await trust.access.tokens.get();
  await clock.advance(396_000);
  assert.equal(relay.count(tokenPath), 1);
  await clock.advance(2000);
  await untilTrue(() => relay.count(tokenPath) === 2);
});

test('a failed renewal keeps the token while it is valid, and is repeated', async () => {
  const clock = new ManualClock();
  await using relay = await RelayStandIn.open({ now: () => clock.now() });
  await using trust = await openProxyTrust({ relay, clock, timeoutMs: hourMs });
  const { tokens } = trust.access;
  await tokens.get();
  const grant = relay.routes[tokenPath];
  relay.routes[tokenPath] = (_, response) => answerProblem(response, 503, 'overloaded');
  await clock.advance(400_000);
  await untilTrue(() => trust.logged.some(line => line.includes('overloaded')));
  const kept = await tokens.get();
  assert.ok(kept.kind === 'token' && kept.accessToken.reveal() === 'token-1');
  relay.routes[tokenPath] = grant ?? (() => {});
  await untilTrue(
    () => relay.tokensIssued === 2,
    () => clock.advance(100),
  );
});

test('an invalidated token is replaced; invalidating an older one changes nothing', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  const { tokens } = trust.access;
  const first = await tokens.get();
  assert.ok(first.kind === 'token');
  tokens.invalidate(first.accessToken);
  const second = await tokens.get();
  assert.ok(second.kind === 'token' && second.accessToken.reveal() === 'token-2');
  tokens.invalidate(first.accessToken);
  assert.deepEqual(await tokens.get(), second);
});

test('a proxy that is not connected says how to connect, and asks nobody', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay, enrolled: false });
  const answer = await trust.access.tokens.get();
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.failure.code, 'relay-not-connected');
  assert.match(answer.failure.hint, /trust connect/);
  assert.equal(relay.requests.length, 0);
});

test('connecting in another process acts on reload', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay, enrolled: false });
  const { storeEnrolment } = await import('../../src/proxy/trust/relay/relay-pin.ts');
  relay.registered = trust.certificate.der;
  const clock = new ManualClock(Date.now());
  const { id: certificateId, notAfter: credentialEndsAt } = trust.certificate;
  await storeEnrolment({ db: trust.db, clock }, { certificateId, credentialEndsAt, ...enrolment });
  await trust.access.reload();
  assert.equal((await trust.access.tokens.get()).kind, 'token');
  const before = relay.count(tokenPath);
  await trust.access.reload();
  assert.equal((await trust.access.tokens.get()).kind, 'token');
  assert.equal(relay.count(tokenPath), before, 'a reload that changes nothing keeps the token');
});

type Failing = {
  name: string;
  code: string;
  hint: RegExp;
  arrange: (relay: RelayStandIn) => void;
};
const failing: Failing[] = [
  {
    name: 'a certificate that is not registered',
    code: 'credential-not-registered',
    hint: /enrolment code/,
    arrange: relay => {
      relay.registered = undefined;
    },
  },
  {
    name: 'a credential that the relay revoked',
    code: 'credential-revoked',
    hint: /enrolment code/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) =>
        answerJson(response, 401, { error: 'invalid_client', code: 'credential-revoked' });
    },
  },
  {
    name: 'a clock that is an hour off',
    code: 'clock-skewed',
    hint: /NTP/,
    arrange: relay => {
      relay.clockOffsetMs = hourMs;
    },
  },
  {
    name: 'a relay that demands a newer proxy',
    code: 'proxy-too-old',
    hint: /update/,
    arrange: relay => {
      relay.metadata = { minimumProxyVersion: '9.0.0' };
    },
  },
  {
    name: 'a relay that answers 426',
    code: 'proxy-too-old',
    hint: /install/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) =>
        answerProblem(response, 426, 'proxy-too-old', { hint: 'install a newer one' });
    },
  },
  {
    name: 'a relay that calls itself otherwise',
    code: 'relay-identity-changed',
    hint: /set-up/,
    arrange: relay => {
      relay.metadata = { publishAudience: `${relay.url}/v2` };
    },
  },
  {
    name: 'an issuer at another place',
    code: 'relay-answer-invalid',
    hint: /URL/,
    arrange: relay => {
      relay.metadata = { issuer: 'https://evil.example.com' };
    },
  },
  {
    name: 'another refusal',
    code: 'token-refused',
    hint: /operator/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) =>
        answerJson(response, 400, { error: 'invalid_target', error_description: 'no such resource' });
    },
  },
  {
    name: 'an oversized answer',
    code: 'relay-answer-invalid',
    hint: /URL/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) => void response.end('x'.repeat(100_000));
    },
  },
  {
    name: 'oversized metadata',
    code: 'relay-answer-invalid',
    hint: /URL/,
    arrange: relay => {
      relay.metadata = { version: 'x'.repeat(300_000) };
    },
  },
  {
    name: 'a malformed answer',
    code: 'relay-answer-invalid',
    hint: /URL/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) => answerJson(response, 200, { access_token: 7 });
    },
  },
  {
    name: 'a token without a lifetime',
    code: 'relay-answer-invalid',
    hint: /URL/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) =>
        answerJson(response, 200, { access_token: 'x', token_type: 'Bearer' });
    },
  },
  {
    name: 'a reverse proxy without its relay',
    code: 'relay-unreachable',
    hint: /operator/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) => void response.writeHead(502).end('<html>');
    },
  },
  {
    name: 'a connection that is cut',
    code: 'relay-unreachable',
    hint: /firewall/,
    arrange: relay => {
      relay.routes[tokenPath] = (_, response) => void response.socket?.destroy();
    },
  },
];

for (const { name, code, hint, arrange } of failing) {
  test(`${name} ends in "${code}" with a remedy`, async () => {
    await using relay = await RelayStandIn.open();
    await using trust = await openProxyTrust({ relay, start: false });
    arrange(relay);
    await trust.access.trust.reload();
    const answer = await trust.access.tokens.get();
    assert.ok(answer.kind === 'failed');
    assert.equal(answer.failure.code, code, answer.failure.message);
    assert.match(answer.failure.hint, hint);
  });
}

test('a relay that is away is unreachable, and asked again within five seconds', async () => {
  const clock = new ManualClock();
  await using relay = await RelayStandIn.open({ now: () => clock.now() });
  await using trust = await openProxyTrust({ relay, clock, start: false });
  const metadata = relay.routes['GET /.well-known/mailbadge-relay'] ?? (() => {});
  relay.routes['GET /.well-known/mailbadge-relay'] = (_, response) => void response.socket?.destroy();
  await trust.access.start();
  const answer = await trust.access.tokens.get();
  assert.ok(answer.kind === 'failed' && answer.failure.code === 'relay-unreachable');
  assert.equal(trust.client.relayNow(), undefined);
  relay.routes['GET /.well-known/mailbadge-relay'] = metadata;
  await clock.advance(5000);
  await untilTrue(() => relay.tokensIssued === 1);
  assert.ok((trust.client.relayNow() ?? Number.POSITIVE_INFINITY) <= relay.now());
});

test('a server certificate that is not trusted is named, and nothing is sent to it', async () => {
  await using relay = await RelayStandIn.open({ tls: await makeTlsCertificate() });
  await using trust = await openProxyTrust({ relay });
  const answer = await trust.access.tokens.get();
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.failure.code, 'tls-untrusted');
  assert.match(answer.failure.hint, /relay\.ca_file/);
  assert.equal(relay.requests.length, 0);
});

test('a certificate authority of one’s own makes it trusted; an expired or foreign certificate stays untrusted', async () => {
  const dayMs = 86_400_000;
  const good = await makeTlsCertificate();
  {
    await using relay = await RelayStandIn.open({ tls: good });
    await using trust = await openProxyTrust({ relay, ca: good.certificatePem });
    assert.equal((await trust.access.tokens.get()).kind, 'token');
  }
  const expired = await makeTlsCertificate({
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() - dayMs),
  });
  const foreign = await makeTlsCertificate({ dnsNames: ['other.example.com'], ipAddresses: [] });
  for (const tls of [expired, foreign]) {
    await using relay = await RelayStandIn.open({ tls });
    await using trust = await openProxyTrust({ relay, ca: tls.certificatePem });
    const answer = await trust.access.tokens.get();
    assert.ok(answer.kind === 'failed' && answer.failure.code === 'tls-untrusted');
    assert.equal(relay.requests.length, 0);
  }
});

test('an organization certificate outside its dates is not used, and the message says so', async () => {
  const clock = new ManualClock();
  const fiveYearsMs = 5 * 365 * 24 * hourMs;
  for (const [certificateMadeAt, code] of [
    [clock.now() - fiveYearsMs, 'certificate-expired'],
    [clock.now() + hourMs, 'certificate-not-yet-valid'],
  ] as const) {
    await using relay = await RelayStandIn.open({ now: () => clock.now() });
    await using trust = await openProxyTrust({ relay, clock, certificateMadeAt });
    const answer = await trust.access.tokens.get();
    assert.ok(answer.kind === 'failed');
    assert.equal(answer.failure.code, code);
    assert.match(answer.failure.message, new RegExp(trust.certificate.thumbprint));
    assert.equal(relay.requests.length, 0);
  }
});

test('a certificate that expires while the proxy runs is no longer used', async () => {
  const clock = new ManualClock();
  await using relay = await RelayStandIn.open({ now: () => clock.now() });
  const certificateMadeAt = clock.now() - 5 * 365 * 24 * hourMs + hourMs;
  await using trust = await openProxyTrust({ relay, clock, certificateMadeAt });
  assert.equal((await trust.access.tokens.get()).kind, 'token');
  await clock.advance(2 * hourMs);
  await trust.access.tokens.renew(); // joins a renewal that the jump of the clock overtook
  const answer = await trust.access.tokens.renew();
  assert.ok(answer.kind === 'failed' && answer.failure.code === 'certificate-expired');
});

test('a private key sealed under another key file, or of another pair, is refused with the remedy', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  const clock = new ManualClock(Date.now());
  const elsewhere = new CertificateStore({ db: trust.db, secrets: newSecretBox(), clock });
  await assert.rejects(elsewhere.current(), { code: 'sealed-secret-unreadable', hint: /key file/ });

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const sealed = trust.secrets.seal('certificate-private-key', stranger);
  await trust.db.updateTable('certificate').set({ sealed_private_key: sealed }).execute();
  await assert.rejects(trust.certificates.current(), { code: 'certificate-key-mismatch' });
});

test('a registration ticket verifies with the certificate and is bound to relay, app and installation', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay, kind: 'rsa-2048' });
  await trust.access.tokens.get();
  const signed = await trust.access.tickets.sign({
    appId: 'com.fabrikam.mail',
    installationId: 'installation-1',
  });
  assert.ok(signed.kind === 'signed');
  const { payload, protectedHeader } = await jwtVerify(signed.ticket, trust.certificate.publicKey, {
    audience: relay.url,
    issuer: enrolment.applicationId,
    typ: ticketType,
  });
  assert.equal(protectedHeader.kid, trust.certificate.id);
  const claims = ticketClaimsSchema.parse(payload);
  assert.deepEqual(
    [claims.app, claims.installation, claims.realm],
    ['com.fabrikam.mail', 'installation-1', enrolment.realm],
  );
  assert.equal(claims.exp - claims.iat, 600);
  assert.equal(signed.expiresAt, claims.exp * 1000);
});

test('the private key is in the database only sealed, and in no log line', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  relay.registered = undefined;
  await trust.access.tokens.renew();
  const rows = JSON.stringify(await trust.db.selectFrom('certificate').selectAll().execute());
  assert.doesNotMatch(rows, /PRIVATE KEY/);
  const wrongBox = new SecretBox({ key: createSecretKey(randomBytes(32)), random: systemRandom });
  assert.throws(() => wrongBox.open('certificate-private-key', wrongBox.seal('mailbox-password', 'x')));
  assert.doesNotMatch(trust.logged.join(''), /PRIVATE|eyJ|token-\d/);
  assert.equal(String(new Secret('x')), '[secret]');
});
