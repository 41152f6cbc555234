// What people do at the relay's console, and what comes of it: from signing up to the first badge's token without
// anybody at the relay's machine, approvals, revocations, and what the console tells about the relay.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type {
  AppList,
  AuditList,
  DeviceAuthorization,
  OrganizationView,
  RelayStatus,
  SignedIn,
  SignUp,
  Traffic,
} from '../../src/contract/console/relay-console.ts';
import { version } from '../../src/contract/versions.ts';
import { mailbadge } from '../fixtures/command.ts';
import { requestApproval } from '../fixtures/device-approval.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import {
  accessToken,
  clientAssertion,
  enrolmentBody,
  enrolOrganization,
  postJson,
  requestToken,
  startTestRelay,
} from '../fixtures/relay.ts';
import { ConsoleBrowser, password, personAt, totpCode } from '../fixtures/relay-console.ts';
import { until } from '../fixtures/until.ts';

const operator = 'ops@relay.example';
const dayMs = 86_400_000;

type Detail = { organization: OrganizationView; credentials: { keyId: string; thumbprint: string }[] };

test('an organization that never met the relay gets its first token by the console’s API alone', async t => {
  const records = new Map<string, string[][]>();
  const relay = await startTestRelay(t, {
    settings: { self_service_sign_up: true },
    overrides: {
      lookUpTxt: async name =>
        records.get(name) ?? Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
    },
  });
  const browser = new ConsoleBrowser(relay);
  const account = { email: 'anna@fabrikam.com', password };
  const signUp = await browser.ask<SignUp>('POST', '/sign-ups', {
    name: 'Fabrikam',
    domain: 'Fabrikam.com.',
    contact: 'postmaster@fabrikam.com',
    ...account,
  });
  assert.equal(signUp.domain, 'fabrikam.com');
  assert.equal(await browser.refusal('POST', '/session', account), '401 sign-in-refused');
  const check = () =>
    browser.ask<{ proved: boolean; detail: string }>('POST', `/sign-ups/${signUp.id}/check`);
  const first = await check();
  assert.equal(first.proved, false);
  assert.match(first.detail, /_mailbadge\.fabrikam\.com/);
  records.set(signUp.record.name, [[signUp.record.value]]);
  assert.equal((await check()).proved, true);

  await browser.ask('POST', '/session', account);
  const me = await browser.ask<SignedIn>('GET', '/session');
  const own = `/organizations/${me.organization?.id}`;
  const { organization } = await browser.ask<Detail>('GET', own);
  assert.equal(organization.domainProof.state, 'proved');
  const { enrolmentCode } = await browser.ask<{ enrolmentCode: string }>('POST', `${own}/enrolment-code`);
  const certificate = await makeOrganizationCertificate({ key: 'p-256' });
  const enrolled = await postJson(
    `${relay.issuer}/v1/enrolments`,
    await enrolmentBody({ issuer: relay.issuer, code: enrolmentCode, certificate }),
  );
  assert.equal(enrolled.status, 201);
  assert.ok(await accessToken(relay, { clientId: organization.applicationId, certificate }));
  const { credentials } = await browser.ask<Detail>('GET', own);
  assert.deepEqual(
    credentials.map(each => each.keyId),
    [certificate.thumbprint],
  );

  const { entries } = await browser.ask<AuditList>('GET', '/audit');
  const done = entries.map(({ action, actor, address }) => `${action} ${actor} ${address}`);
  assert.ok(done.includes('organization.new-code anna@fabrikam.com 127.0.0.1'), done.join('\n'));
  assert.ok(done.includes('sign-up.complete anna@fabrikam.com 127.0.0.1'), done.join('\n'));
});

test('signing up is closed unless the operator opened it', async t => {
  const relay = await startTestRelay(t);
  const request = {
    name: 'F',
    domain: 'fabrikam.com',
    contact: 'a@fabrikam.com',
    email: 'a@fabrikam.com',
    password,
  };
  assert.equal(await new ConsoleBrowser(relay).refusal('POST', '/sign-ups', request), '403 sign-up-closed');
});

test('a certificate is approved by who knows the password, once, and no other than the one shown', async t => {
  const relay = await startTestRelay(t);
  await relay.administration.addOrganization('fabrikam.com');
  const browser = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const waiting = await requestApproval(relay, 'fabrikam.com');
  const at = `/device-authorizations/${waiting.userCode}`;
  const shown = await browser.ask<DeviceAuthorization>('GET', at.toLowerCase());
  assert.equal(shown.keyId, waiting.certificate.thumbprint);
  assert.equal(shown.organization, 'fabrikam.com');
  assert.equal(shown.proxyVersion, version);
  assert.equal(shown.address, '127.0.0.1');
  assert.match(shown.thumbprint, /^[0-9A-F]{40}$/);
  assert.equal(shown.decision, null);

  const decide = (changes: object) =>
    browser.refusal('POST', `${at}/decision`, {
      decision: 'approve',
      keyId: shown.keyId,
      password,
      ...changes,
    });
  assert.equal(await decide({ password: 'wrong' }), '401 sign-in-refused');
  assert.equal(await decide({ password: '' }), '401 sign-in-refused');
  assert.equal(await decide({ keyId: 'another' }), '404 device-code-unknown');
  assert.equal((await browser.ask<DeviceAuthorization>('GET', at)).decision, null);
  assert.match(await decide({}), /^200 /);
  assert.equal(await decide({ decision: 'deny' }), '409 device-code-decided');
  assert.equal((await browser.ask<DeviceAuthorization>('GET', at)).decision, 'approved');
});

test('approving takes the one-time code as well where one is set up; denying takes nothing', async t => {
  const relay = await startTestRelay(t);
  await relay.administration.addOrganization('fabrikam.com');
  const browser = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const { secret } = await browser.ask<{ secret: string }>('POST', '/account/totp');
  const used = totpCode(secret);
  await browser.ask('PUT', '/account/totp', { code: used });
  const waiting = await requestApproval(relay, 'fabrikam.com');
  const decide = (changes: object) =>
    browser.refusal('POST', `/device-authorizations/${waiting.userCode}/decision`, {
      decision: 'approve',
      keyId: waiting.certificate.thumbprint,
      password,
      ...changes,
    });
  assert.equal(await decide({}), '401 totp-required');
  assert.equal(await decide({ totp: used }), '401 sign-in-refused');
  assert.match(await decide({ totp: totpCode(secret, Date.now() + 30_000) }), /^200 /);
  const other = await requestApproval(relay, 'fabrikam.com');
  const denied = await browser.ask<DeviceAuthorization>(
    'POST',
    `/device-authorizations/${other.userCode}/decision`,
    {
      decision: 'deny',
      keyId: other.certificate.thumbprint,
      password: '',
    },
  );
  assert.equal(denied.decision, 'denied');
});

test('guessing the password by approvals is slowed down, and a deactivated organization gets none', async t => {
  const relay = await startTestRelay(t);
  await relay.administration.addOrganization('fabrikam.com');
  const browser = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const boss = await personAt(relay, operator);
  const waiting = await requestApproval(relay, 'fabrikam.com');
  const path = `/device-authorizations/${waiting.userCode}/decision`;
  const body = { decision: 'approve', keyId: waiting.certificate.thumbprint, password };
  let answer = '';
  for (let guess = 0; guess < 10 && !answer.startsWith('429'); guess++) {
    answer = await browser.refusal('POST', path, { ...body, password: `guess ${guess}` });
  }
  assert.equal(answer, '429 sign-in-throttled');
  await relay.administration.deactivateOrganization('fabrikam.com', 'unpaid');
  assert.equal(await browser.refusal('POST', path, body), '403 organization-inactive');
  assert.equal(await boss.refusal('POST', path, body), '403 organization-inactive');
});

test('what an operator does acts at once, and is written down with who and from where', async t => {
  const relay = await startTestRelay(t);
  const boss = await personAt(relay, operator);
  const { organization } = await boss.ask<{ organization: OrganizationView }>('POST', '/organizations', {
    domain: 'contoso.com',
    name: 'Contoso',
  });
  assert.equal(organization.defaultQuotaPerSecond, relay.config.quotas.organization_per_second);
  assert.equal(
    await boss.refusal('POST', '/organizations', { domain: 'contoso.com' }),
    '409 organization-exists',
  );
  const at = `/organizations/${organization.id}`;
  const changed = await boss.ask<OrganizationView>('PATCH', at, { quotaPerSecond: 5, directTrust: true });
  assert.deepEqual([changed.quotaPerSecond, changed.directTrust], [5, true]);
  assert.equal(
    (await boss.ask<OrganizationView>('PATCH', at, { quotaPerSecond: null })).quotaPerSecond,
    null,
  );

  const fabrikam = await enrolOrganization(relay);
  const token = await accessToken(relay, fabrikam);
  const publish = () =>
    postJson(
      `${relay.issuer}/v1/notifications`,
      { notAfter: Date.now() + 3000, notifications: [] },
      { authorization: `Bearer ${token}` },
    );
  assert.notEqual((await publish()).status, 401);
  const keyId = fabrikam.certificate.thumbprint;
  await boss.ask('DELETE', `/organizations/${fabrikam.organizationId}/credentials/${keyId}`, {
    reason: 'lost',
  });
  assert.equal((await publish()).status, 401);
  assert.equal((await requestToken(relay, await clientAssertion(relay, fabrikam))).status, 401);
  await boss.ask('POST', `${at}/deactivate`, { reason: 'unpaid', revokeTargets: true });
  const back = await boss.ask<OrganizationView>('POST', `${at}/reactivate`, { revokeTargets: false });
  assert.deepEqual([back.active, back.sealEpoch], [true, 2]);

  const jwks = async () =>
    ((await (await fetch(`${relay.issuer}/oauth/jwks`)).json()) as { keys: unknown[] }).keys.length;
  const before = await jwks();
  await boss.ask('POST', '/keys/token-signing/rotate');
  assert.equal(await jwks(), before + 1);
  assert.equal(await boss.refusal('POST', '/keys/target-id/rotate'), '404 not-found');

  const { entries } = await boss.ask<AuditList>('GET', '/audit');
  const done = entries.filter(each => each.actor === operator);
  assert.deepEqual(
    done.map(({ action }) => action),
    [
      'key.rotate',
      'organization.reactivate',
      'organization.revoke-targets',
      'organization.deactivate',
      'credential.revoke',
      'organization.change',
      'organization.change',
      'organization.add',
      'session.sign-in',
    ],
  );
  assert.ok(done.every(each => each.address === '127.0.0.1' && each.actorKind === 'administrator'));
  const { entries: ofContoso } = await boss.ask<AuditList>('GET', `/audit?organization=${organization.id}`);
  assert.ok(ofContoso.length > 0 && ofContoso.every(each => each.organization === 'contoso.com'));
});

test('people are added with a password to change, lose it and their sessions, and are let in again', async t => {
  const relay = await startTestRelay(t);
  await relay.administration.addOrganization('fabrikam.com');
  const anna = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const added = await anna.ask<{ id: string; email: string; password: string }>('POST', '/administrators', {
    email: 'Carl@Fabrikam.com',
    role: 'administrator',
  });
  assert.equal(added.email, 'carl@fabrikam.com');
  const carl = new ConsoleBrowser(relay);
  await carl.ask('POST', '/session', { email: added.email, password: added.password });
  assert.equal((await carl.ask<SignedIn>('GET', '/session')).organization?.domain, 'fabrikam.com');
  const reset = await anna.ask<{ password: string }>('POST', `/administrators/${added.id}/reset-password`);
  assert.equal(await carl.refusal('GET', '/session'), '401 session-invalid');
  await carl.ask('POST', '/session', { email: added.email, password: reset.password });
  await anna.ask('POST', `/administrators/${added.id}/disable`);
  assert.equal(await carl.refusal('GET', '/session'), '401 session-invalid');
  assert.equal(
    await carl.refusal('POST', '/session', { email: added.email, password: reset.password }),
    '401 sign-in-refused',
  );
  await anna.ask('POST', `/administrators/${added.id}/enable`);
  await carl.ask('POST', '/session', { email: added.email, password: reset.password });
});

test('traffic is seen as it happens, by whom it concerns', async t => {
  const relay = await startTestRelay(t);
  const { organization } = await relay.administration.addOrganization('fabrikam.com');
  await relay.administration.addOrganization('contoso.com');
  const anna = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const bob = await personAt(relay, 'bob@contoso.com', 'contoso.com');
  const boss = await personAt(relay, operator);
  const happen = () =>
    relay.relay.events.record({
      kind: 'notification-outcome',
      traceId: '0'.repeat(32),
      organizationId: organization.id,
      outcome: 'deferred',
      reason: 'app-unknown',
      latencyMs: 1,
    });
  happen();
  const total = async (browser: ConsoleBrowser, path = '/traffic') =>
    (await browser.ask<Traffic>('GET', `${path}?hours=24`)).series.map(
      each => `${each.outcome} ${each.total}`,
    );
  assert.deepEqual(await total(anna), ['app-unknown 1']);
  happen();
  assert.deepEqual(await total(boss), ['app-unknown 2']);
  assert.deepEqual(await total(boss, `/organizations/${organization.id}/traffic`), ['app-unknown 2']);
  assert.deepEqual(await total(bob), []);
});

test('an app that does not work is shown to everybody, and why to operators', async t => {
  const relay = await startTestRelay(t, {
    settings: {
      apps: [
        {
          id: 'com.fabrikam.mail',
          apns: {
            team_id: 'ABCDE12345',
            key_id: 'KEY1234567',
            topic: 'com.fabrikam.mail',
            key_file: '/nowhere.p8',
          },
          web_push: { subject: 'mailto:ops@fabrikam.com' },
        },
      ],
    },
  });
  await relay.administration.addOrganization('fabrikam.com');
  const boss = await personAt(relay, operator);
  const anna = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const providers = async (browser: ConsoleBrowser) =>
    (await browser.ask<AppList>('GET', '/apps')).apps[0]?.providers ?? [];
  const [apns, webpush] = await providers(boss);
  assert.deepEqual([apns?.breaker, webpush?.breaker], ['open', 'closed']);
  assert.match(apns?.breakerReason ?? '', /nowhere\.p8/);
  assert.deepEqual(apns?.facts, { keyId: 'KEY1234567', teamId: 'ABCDE12345', topic: 'com.fabrikam.mail' });
  assert.match(webpush?.facts['vapidPublicKey'] ?? '', /^[A-Za-z0-9_-]{87}$/);
  assert.ok(Math.abs((webpush?.keyCreatedAt ?? 0) - Date.now()) < 60_000);
  assert.deepEqual(
    (await providers(anna)).map(({ breaker, breakerReason, facts, keyCreatedAt }) => [
      breaker,
      breakerReason,
      facts,
      keyCreatedAt,
    ]),
    [
      ['open', null, {}, null],
      ['closed', null, {}, null],
    ],
  );
  const { warnings } = await boss.ask<RelayStatus>('GET', '/status');
  assert.ok(
    warnings.some(text => /com\.fabrikam\.mail does not work at apns/.test(text)),
    warnings.join('\n'),
  );
  assert.deepEqual((await anna.ask<RelayStatus>('GET', '/status')).warnings, []);
});

test('what ends soon is warned of by console, command and gauges; a successor ends the warning', async t => {
  const relay = await startTestRelay(t);
  const soon = await makeOrganizationCertificate({
    key: 'p-256',
    notAfter: new Date(Date.now() + 10 * dayMs),
  });
  const fabrikam = await enrolOrganization(relay, { certificate: soon });
  await accessToken(relay, fabrikam);
  const boss = await personAt(relay, operator);
  const anna = await personAt(relay, 'anna@fabrikam.com', 'fabrikam.com');
  const ending = /ends on \d{4}-\d\d-\d\d and no successor/;
  const status = await boss.ask<RelayStatus>('GET', '/status');
  assert.deepEqual(
    status.nodes.map(node => [node.running, node.version]),
    [[true, version]],
  );
  assert.equal(status.warnings.length, 1);
  assert.match(status.warnings[0] ?? '', new RegExp(`^fabrikam\\.com: .*${ending.source}`));
  const seen = await anna.ask<RelayStatus>('GET', '/status');
  assert.deepEqual(seen.nodes, []);
  assert.match(seen.warnings[0] ?? '', ending);

  const file = `${relay.config.database.path}.yml`;
  await writeFile(
    file,
    JSON.stringify({
      issuer: relay.issuer,
      dangerously_allow_http: true,
      database: relay.config.database,
      key_file: relay.config.key_file,
    }),
  );
  const command = await mailbadge(['relay', 'status', '--config', file]);
  assert.equal(command.status, 0, command.stderr);
  assert.match(command.stdout, /running +0\.1\.0/);
  assert.match(command.stdout, /fabrikam\.com/);
  assert.match(command.stderr, new RegExp(`mailbadge: warning: fabrikam\\.com: .*${ending.source}`));

  const successor = await makeOrganizationCertificate({ key: 'p-256' });
  const { enrolmentCode } = await boss.ask<{ enrolmentCode: string }>(
    'POST',
    `/organizations/${fabrikam.organizationId}/enrolment-code`,
  );
  await postJson(
    `${relay.issuer}/v1/enrolments`,
    await enrolmentBody({ issuer: relay.issuer, code: enrolmentCode, certificate: successor }),
  );
  assert.deepEqual((await boss.ask<RelayStatus>('GET', '/status')).warnings, []);
  await relay.relay[Symbol.asyncDispose]();
  const stopped = await mailbadge(['relay', 'status', '--json', '--config', file]);
  const { nodes, warnings } = JSON.parse(stopped.stdout) as RelayStatus;
  assert.deepEqual(
    nodes.map(node => node.running),
    [false],
  );
  assert.match(warnings[0] ?? '', /no node is running/);
});

test('gauges tell when what ends, and how old keys are', async t => {
  const relay = await startTestRelay(t);
  const text = await until('the gauges', async () => {
    const body = await (await fetch(`${relay.metricsUrl}/metrics`)).text();
    return body.includes('mailbadge_key_since_timestamp_seconds{key="token-signing"}') && body;
  });
  assert.match(text, /^mailbadge_credentials_ending 0$/m);
  assert.match(text, /^mailbadge_tls_certificate_end_timestamp_seconds Nan$/m);
});
