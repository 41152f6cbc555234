// The rotation of certificates in a running proxy, towards a relay (real, or a stand-in where hours must pass).

import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { jwtVerify } from 'jose';
import { proofType } from '../../src/contract/enrolment.ts';
import { Lease } from '../../src/proxy/database/lease.ts';
import { ProxyEvents } from '../../src/proxy/events.ts';
import { makeCertificate } from '../../src/proxy/trust/certificates/certificate.ts';
import { readRoles, storeRoles } from '../../src/proxy/trust/certificates/certificate-roles.ts';
import { ExpiryWatch } from '../../src/proxy/trust/expiry-watch.ts';
import { CertificateRotation } from '../../src/proxy/trust/rotation.ts';
import { readRotationFailure } from '../../src/proxy/trust/rotation-failure.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { enrolment, openProxyTrust } from '../fixtures/proxy-trust.ts';
import { answerJson, answerProblem, RelayStandIn } from '../fixtures/relay-stand-in.ts';
import { until as untilPatiently } from '../fixtures/until.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const lifeMs = 5 * 365 * dayMs;
const credentialsPath = 'POST /v1/credentials';

/** A relay that takes credentials as the contract says, and judges the proof with jose alone. */
function takeCredentials(relay: RelayStandIn, taken: string[]): void {
  relay.routes[credentialsPath] = async ({ body, headers }, response) => {
    assert.match(String(headers.authorization), /^Bearer token-/);
    const { certificate, proof } = JSON.parse(body);
    const x509 = new X509Certificate(Buffer.from(certificate, 'base64'));
    const keyId = Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const { payload } = await jwtVerify(
      proof,
      createPublicKey(x509.publicKey.export({ type: 'spki', format: 'pem' })),
      {
        typ: proofType,
        issuer: keyId,
        subject: keyId,
        audience: relay.url,
        currentDate: new Date(relay.now()),
      },
    );
    assert.equal(payload['realm'], enrolment.realm);
    assert.match(String(payload['credential']), /^[A-Za-z0-9_-]{43}$/);
    const added = !taken.includes(keyId);
    taken.push(keyId);
    const startAt = x509.validFromDate.getTime();
    const endAt = x509.validToDate.getTime();
    const credential = {
      keyId,
      type: 'asymmetric',
      usage: 'verify',
      startAt,
      endAt,
      thumbprint: x509.fingerprint.replaceAll(':', ''),
      registeredAt: relay.now(),
      registeredBy: 'rotation',
      lastUsedAt: null,
      lastVersion: null,
      lastAddress: null,
      revokedAt: null,
      revokedReason: null,
      inUse: false,
    };
    answerJson(response, added ? 201 : 200, { credential });
  };
}

async function rotating(t: TestContext, { endsInMs }: { endsInMs: number }) {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const relay = await RelayStandIn.open({ now: () => clock.now() });
  relay.tokenLifetimeSeconds = 30 * 86_400;
  relay.metadata['capabilities'] = ['publish-ndjson', 'credentials'];
  const taken: string[] = [];
  takeCredentials(relay, taken);
  const trust = await openProxyTrust({ relay, clock, certificateMadeAt: clock.now() + endsInMs - lifeMs });
  const recorded: string[] = [];
  const metrics = createMetrics();
  const events = new ProxyEvents({ logger: silentLogger, metrics });
  events.listen(({ kind }) => void recorded.push(kind));
  const start = async (): Promise<CertificateRotation> => {
    const lease = new Lease({ db: trust.db });
    await lease.take();
    const { db, access } = trust;
    const collaborators = { db, lease, access, clock, random: systemRandom, events };
    const rotation = new CertificateRotation({ ...collaborators, renewBeforeMs: 60 * dayMs });
    rotation.start();
    t.after(() => rotation[Symbol.asyncDispose]());
    return rotation;
  };
  t.after(async () => {
    await trust[Symbol.asyncDispose]();
    await relay[Symbol.asyncDispose]();
  });
  const roles = () => readRoles(trust.db);
  /** Real sockets answer meanwhile, however long that takes; in short steps, or a proof expires on its way. */
  const until = async (condition: () => boolean | Promise<boolean>, advanceMs = 0): Promise<void> => {
    await untilPatiently('it happened', condition, {
      seen: () => recorded,
      meanwhile: async () => {
        await clock.advance(relay.underWay === 0 ? advanceMs : 0);
        await new Promise(resolve => setImmediate(resolve));
      },
    });
  };
  const expose = async () => (await metrics.expose()).body;
  return { clock, relay, trust, taken, recorded, events, start, roles, until, expose };
}

test('a certificate with more than 60 days left is left alone', async t => {
  const { start, roles, clock, relay, recorded } = await rotating(t, { endsInMs: 61 * dayMs });
  await start();
  await clock.advance(20 * hourMs);
  assert.deepEqual(recorded, []);
  assert.equal((await roles()).next, undefined);
  assert.equal(relay.count(credentialsPath), 0);
});

test('60 days before the end a successor is made, registered, and takes over 48 hours later, without a gap', async t => {
  const { start, roles, clock, trust, taken, recorded, until } = await rotating(t, { endsInMs: 60 * dayMs });
  const before = (await roles()).current;
  await start();
  await until(
    async () =>
      (await roles()).next?.registeredAt !== undefined &&
      taken.length > 0 &&
      recorded.includes('certificate-registered'),
  );
  const { next } = await roles();
  assert.deepEqual(recorded, ['certificate-staged', 'certificate-registered']);
  assert.deepEqual(taken, [next?.id]);
  const leadMs = (next?.effectiveAt ?? 0) - clock.now();
  assert.ok(leadMs > 47 * hourMs && leadMs <= 48 * hourMs);
  const successor = await trust.certificates.find(next?.id ?? '');
  assert.equal(successor.algorithm, 'ES256', 'of the same kind');
  assert.equal(Math.round((successor.certificate.notAfter - clock.now()) / dayMs), lifeMs / dayMs);

  const old = await trust.access.tokens.get();
  assert.ok(old.kind === 'token' && old.keyId === before?.id);
  await until(async () => recorded.includes('certificate-rolled'), hourMs);
  const after = await roles();
  assert.deepEqual([after.current?.id, after.previous?.id, after.next], [next?.id, before?.id, undefined]);
  const { state } = trust.access.trust;
  assert.ok(state.kind === 'connected' && state.connection.key.certificate.id === next?.id, 'no restart');
  const meanwhile = await trust.access.tokens.get();
  assert.equal(meanwhile.kind, 'token', 'the token of the key before is used until the next one is there');
});

test('with less than 48 hours left it takes over at once', async t => {
  const { start, roles, taken, recorded, until } = await rotating(t, { endsInMs: 30 * hourMs });
  const before = (await roles()).current;
  await start();
  await until(() => recorded.includes('certificate-rolled'));
  const { current, previous } = await roles();
  assert.deepEqual([current?.id, previous?.id], [taken[0], before?.id]);
});

test('what the relay does not take does not sign: it is repeated, told, and forgotten when it works', async t => {
  const { start, roles, relay, trust, taken, recorded, until, clock } = await rotating(t, {
    endsInMs: 30 * hourMs,
  });
  relay.routes[credentialsPath] = (_, response) => answerProblem(response, 503, 'overloaded');
  const before = (await roles()).current;
  await start();
  await until(async () => (await readRotationFailure(trust.db)) !== undefined);
  const failure = await readRotationFailure(trust.db);
  assert.equal(failure?.code, 'overloaded');
  assert.ok((failure?.retryAt ?? 0) > clock.now());
  assert.equal((await roles()).current?.id, before?.id);
  takeCredentials(relay, taken);
  await until(() => recorded.includes('certificate-rolled'), 500);
  assert.equal(await readRotationFailure(trust.db), undefined);
  assert.equal(taken.length, 1, 'the one that was staged, not another');
});

test('of two processes only one makes a successor, and one that was taken over changes nothing', async t => {
  const { start, roles, trust, recorded, until, clock } = await rotating(t, { endsInMs: 50 * dayMs });
  const [first, second] = [await start(), await start()];
  await until(() => recorded.includes('certificate-registered'));
  await clock.advance(2 * hourMs);
  assert.equal(recorded.filter(kind => kind === 'certificate-staged').length, 1);
  const { count } = await trust.db
    .selectFrom('certificate')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  assert.equal(count, 2);
  assert.notEqual((await roles()).next, undefined);
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

test('what an administrator staged is registered without waiting for the hour', async t => {
  const { start, roles, trust, taken, recorded, until, clock } = await rotating(t, { endsInMs: 900 * dayMs });
  const rotation = await start();
  await clock.advance(1000);
  const made = await makeCertificate({
    organization: 'fabrikam.com',
    kind: 'p-256',
    now: clock.now(),
    random: systemRandom,
  });
  const stored = await trust.certificates.add(made.certificate, made.privateKey);
  const judged = await roles();
  const next = { ...stored, effectiveAt: clock.now() + 3 * dayMs };
  await trust.db
    .transaction()
    .execute(transaction =>
      storeRoles(transaction, { judged, roles: { ...judged, next }, now: clock.now() }),
    );
  await rotation.wake();
  await until(() => recorded.includes('certificate-registered'));
  assert.deepEqual(taken, [stored.id]);
});

test('an expired previous certificate is cleared', async t => {
  const { start, roles, recorded, until, clock } = await rotating(t, { endsInMs: 20 * hourMs });
  await start();
  await until(() => recorded.includes('certificate-rolled'));
  assert.notEqual((await roles()).previous, undefined);
  await until(async () => (await roles()).previous === undefined, hourMs);
  assert.ok(clock.now() >= Date.UTC(2026, 5, 1) + 20 * hourMs);
});

test('every end is a gauge; one that comes near is told once a day', async t => {
  const { trust, clock, events, recorded, expose, roles } = await rotating(t, { endsInMs: 10 * dayMs });
  using watch = new ExpiryWatch({ db: trust.db, clock, events, tlsCertificate: undefined });
  await watch.start();
  const endsAt = (await roles()).current?.notAfter ?? 0;
  const body = await expose();
  assert.match(
    body,
    new RegExp(`mailbadge_certificate_expires_timestamp_seconds\\{role="current"\\} ${endsAt / 1000}\n`),
  );
  assert.match(body, /mailbadge_credential_expires_timestamp_seconds\{role="current"\} \d+\n/);
  assert.match(body, /mailbadge_tls_certificate_expires_timestamp_seconds NaN\n/i);
  const told = (): number => recorded.filter(kind => kind === 'expires-soon').length;
  const atStart = told();
  assert.equal(atStart, 2, 'certificate and credential');
  await clock.advance(20 * hourMs);
  assert.equal(told(), atStart);
  await clock.advance(5 * hourMs);
  assert.equal(told(), 2 * atStart);
});
