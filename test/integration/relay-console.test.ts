// The relay's console by its API alone: who gets in, what a foreign page can make a browser do, and that nobody reaches
// anything of another organization, by any operation.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OrganizationView, SignedIn } from '../../src/contract/console/relay-console.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secrets.ts';
import { requestApproval } from '../fixtures/device-approval.ts';
import { enrolOrganization, startTestRelay } from '../fixtures/relay.ts';
import { ConsoleBrowser, password, personAt, refusalOf, totpCode } from '../fixtures/relay-console.ts';

const operator = 'ops@relay.example';
const anna = 'anna@fabrikam.com';

async function openConsole(t: TestContext, settings: Record<string, unknown> = {}) {
  const relay = await startTestRelay(t, { settings });
  await relay.administration.addOrganization('fabrikam.com');
  return { relay, anna: await personAt(relay, anna, 'fabrikam.com') };
}

test('whoever signs in is told who they are, and is let in until they sign out', async t => {
  const { relay, anna: browser } = await openConsole(t);
  const me = await browser.ask<SignedIn>('GET', '/session');
  assert.equal(me.email, anna);
  assert.equal(me.role, 'administrator');
  assert.equal(me.organization?.domain, 'fabrikam.com');
  assert.equal(me.relay.issuer, relay.issuer);

  const thief = new ConsoleBrowser(relay);
  thief.cookie = browser.cookie;
  await thief.ask('GET', '/organizations');
  await browser.ask('DELETE', '/session');
  assert.equal(browser.cookie, undefined);
  assert.equal(await thief.refusal('GET', '/organizations'), '401 session-invalid');
  assert.equal(await browser.refusal('GET', '/organizations'), '401 session-missing');
  await browser.ask('DELETE', '/session'); // again
});

test('the cookie is out of reach for scripts and other sites, and no answer is kept', async t => {
  const { relay } = await openConsole(t);
  const browser = new ConsoleBrowser(relay);
  const { headers } = await browser.call('POST', '/session', { email: anna, password });
  const cookie = headers.getSetCookie()[0] ?? '';
  assert.match(cookie, /^mailbadge-console=[A-Za-z0-9_-]{43};/);
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/'])
    assert.ok(cookie.includes(attribute), attribute);
  assert.equal(headers.get('cache-control'), 'no-store');
  const problem = await new ConsoleBrowser(relay).call('GET', '/organizations');
  assert.equal(problem.headers.get('cache-control'), 'no-store');
  assert.match(problem.headers.get('content-type') ?? '', /^application\/problem\+json/);
});

test('over https the cookie is bound to the host', async t => {
  const relay = await startTestRelay(t, { settings: { issuer: 'https://relay.example' } });
  const at = `http://127.0.0.1:${relay.relay.ports.public}`;
  await relay.administration.addOrganization('fabrikam.com');
  await relay.administration.addAdministrator(anna, {
    organization: 'fabrikam.com',
    password: new Secret(password),
  });
  const browser = new ConsoleBrowser({ issuer: at });
  const answer = await browser.call(
    'POST',
    '/session',
    { email: anna, password },
    { origin: relay.config.issuer },
  );
  assert.match(
    answer.headers.getSetCookie()[0] ?? '',
    /^__Host-mailbadge-console=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  assert.equal(
    refusalOf(await browser.call('POST', '/session', { email: anna, password })),
    '403 cross-site-request',
  );
});

test('a cookie planted before signing in is worth nothing after', async t => {
  const { relay, anna: attacker } = await openConsole(t);
  const victim = new ConsoleBrowser(relay);
  const planted = attacker.cookie;
  victim.cookie = planted;
  await victim.ask('POST', '/session', { email: anna, password });
  assert.notEqual(victim.cookie, planted);
  assert.equal(await attacker.refusal('GET', '/session'), '401 session-invalid'); // ended with the sign-in
  const made = new ConsoleBrowser(relay);
  made.cookie = 'mailbadge-console=chosen-by-the-attacker';
  await made.ask('POST', '/session', { email: anna, password });
  assert.notEqual(made.cookie, 'mailbadge-console=chosen-by-the-attacker');
});

test('a request that another site made the browser send is refused, in every form', async t => {
  const { relay, anna: browser } = await openConsole(t);
  const forged: Record<string, Record<string, string | undefined>> = {
    'a form': {
      origin: 'https://evil.example',
      'x-mailbadge-console': undefined,
      'content-type': 'application/x-www-form-urlencoded',
    },
    'a form with JSON in it': {
      origin: 'https://evil.example',
      'x-mailbadge-console': undefined,
      'content-type': 'text/plain',
    },
    'a script after a preflight': { origin: 'https://evil.example' },
    'a sandboxed frame': { origin: 'null' },
    'another port': { origin: relay.issuer.replace(/\d+$/, '1') },
    'a name that begins alike': { origin: `${relay.issuer}.evil.example` },
    'an old browser without Origin': { origin: undefined },
    'a neighbour without Origin': { origin: undefined, 'sec-fetch-site': 'same-site' },
    'a foreign page with both': { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    'the header with another value': { 'x-mailbadge-console': 'yes' },
    'no header': { 'x-mailbadge-console': undefined },
  };
  for (const [what, headers] of Object.entries(forged)) {
    for (const [method, path, body] of [
      ['POST', '/session', { email: anna, password }],
      ['DELETE', '/session', undefined],
      ['PUT', '/account/password', { password, newPassword: 'another long password' }],
      ['POST', '/administrators', { email: 'eve@fabrikam.com', role: 'administrator' }],
      ['POST', '/sign-ups/x/check', undefined],
    ] as const) {
      assert.equal(
        await browser.refusal(method, path, body, headers),
        '403 cross-site-request',
        `${what}: ${method} ${path}`,
      );
    }
  }
  await browser.ask('GET', '/session'); // still signed in
  assert.equal(
    (
      await browser.call('POST', '/account/totp', undefined, {
        origin: undefined,
        'sec-fetch-site': 'same-origin',
      })
    ).status,
    200,
  );
  const preflight = await browser.call('OPTIONS', '/session', undefined, {
    origin: 'https://evil.example',
    'access-control-request-method': 'POST',
  });
  assert.equal(preflight.status, 403);
  assert.equal(preflight.headers.get('access-control-allow-origin'), null);
});

test('a wrong password, an unknown account and a disabled one are answered alike, and guessing is slowed down', async t => {
  const { relay } = await openConsole(t);
  await personAt(relay, 'gone@fabrikam.com', 'fabrikam.com');
  await relay.administration.disableAdministrator('gone@fabrikam.com');
  const browser = new ConsoleBrowser(relay);
  const signIn = (email: string, typed: string) =>
    browser.call('POST', '/session', { email, password: typed });
  const answers = [
    await signIn(anna, 'wrong'),
    await signIn('nobody@fabrikam.com', 'wrong'),
    await signIn('gone@fabrikam.com', password),
  ];
  const shown = answers.map(({ status, body }) => ({ status, ...(body as object), traceId: '' }));
  assert.equal(refusalOf(answers[0] as never), '401 sign-in-refused');
  assert.deepEqual(shown[1], shown[0]);
  assert.deepEqual(shown[2], shown[0]);
  assert.equal(browser.cookie, undefined);
  let last = answers[0];
  for (let guess = 0; guess < 10 && last?.status === 401; guess++)
    last = await signIn(anna, `guess ${guess}`);
  assert.equal(refusalOf(last as never), '429 sign-in-throttled');
  assert.ok(Number(last?.headers.get('retry-after')) > 0);
  assert.equal(refusalOf(await signIn(anna, password)), '429 sign-in-throttled');
});

test('one-time codes: switched on by a code, asked for at sign-in, good once', async t => {
  const { relay, anna: browser } = await openConsole(t);
  const { secret, uri } = await browser.ask<{ secret: string; uri: string }>('POST', '/account/totp');
  assert.match(uri, /^otpauth:\/\/totp\//);
  const code = totpCode(secret);
  const wrong = code.replace(/\d$/, digit => String((Number(digit) + 5) % 10));
  assert.equal(await browser.refusal('PUT', '/account/totp', { code: wrong }), '400 invalid-request');
  const before = browser.cookie;
  await browser.ask('PUT', '/account/totp', { code });
  assert.notEqual(browser.cookie, before); // another session from now on
  assert.equal((await browser.ask<SignedIn>('GET', '/session')).totp, true);

  const other = new ConsoleBrowser(relay);
  const signIn = (totp?: string) =>
    other.refusal('POST', '/session', { email: anna, password, ...(totp && { totp }) });
  assert.equal(await signIn(), '401 totp-required');
  assert.equal(other.cookie, undefined);
  assert.equal(await signIn(code), '401 sign-in-refused'); // it switched the codes on: used
  const next = totpCode(secret, Date.now() + 30_000);
  assert.match(await signIn(next), /^200 /);
  assert.equal(await signIn(next), '401 sign-in-refused');

  assert.equal(
    await browser.refusal('DELETE', '/account/totp', { password: 'wrong' }),
    '401 sign-in-refused',
  );
  await browser.ask('DELETE', '/account/totp', { password });
  assert.match(await signIn(), /^200 /);
});

test('changing the password takes the old one, and signs every other browser out', async t => {
  const { relay, anna: browser } = await openConsole(t);
  const other = new ConsoleBrowser(relay);
  await other.ask('POST', '/session', { email: anna, password });
  const newPassword = 'a new and longer password';
  assert.equal(
    await browser.refusal('PUT', '/account/password', { password: 'wrong', newPassword }),
    '401 sign-in-refused',
  );
  assert.equal(
    await browser.refusal('PUT', '/account/password', { password, newPassword: 'short' }),
    '400 invalid-request',
  );
  await browser.ask('PUT', '/account/password', { password, newPassword });
  await browser.ask('GET', '/session');
  assert.equal(await other.refusal('GET', '/session'), '401 session-invalid');
  assert.match(await other.refusal('POST', '/session', { email: anna, password: newPassword }), /^200 /);
});

type Route = [method: string, path: string, body?: unknown];

/** Every operation on an object, by ids that stand in its path or body. */
function operationsOn(ids: {
  organization: string;
  keyId: string;
  administrator: string;
  userCode: string;
}): Route[] {
  const at = `/organizations/${ids.organization}`;
  const decision = { keyId: ids.keyId, password };
  return [
    ['GET', at],
    ['PATCH', at, { name: 'mine' }],
    ['PATCH', at, { directTrust: true }],
    ['PATCH', at, { quotaPerSecond: 1_000_000 }],
    ['POST', `${at}/enrolment-code`],
    ['POST', `${at}/deactivate`, { reason: 'because', revokeTargets: true }],
    ['POST', `${at}/reactivate`, { revokeTargets: true }],
    ['POST', `${at}/revoke-targets`],
    ['POST', `${at}/check-domain`],
    ['DELETE', `${at}/credentials/${ids.keyId}`, { reason: 'because' }],
    ['GET', `${at}/traffic?hours=24`],
    ['GET', `/audit?organization=${ids.organization}`],
    [
      'POST',
      '/administrators',
      { email: 'eve@evil.example', role: 'administrator', organizationId: ids.organization },
    ],
    ['POST', `/administrators/${ids.administrator}/disable`],
    ['POST', `/administrators/${ids.administrator}/enable`],
    ['POST', `/administrators/${ids.administrator}/reset-password`],
    ['GET', `/device-authorizations/${ids.userCode}`],
    ['POST', `/device-authorizations/${ids.userCode}/decision`, { ...decision, decision: 'approve' }],
    ['POST', `/device-authorizations/${ids.userCode}/decision`, { ...decision, decision: 'deny' }],
  ];
}

test('an administrator cannot tell another organization’s objects from such as do not exist, by any operation', async t => {
  const { relay, anna: browser } = await openConsole(t);
  const contoso = await enrolOrganization(relay, { domain: 'contoso.com' });
  const owner = await personAt(relay, 'bob@contoso.com', 'contoso.com');
  const boss = await personAt(relay, operator);
  const waiting = await requestApproval(relay, 'contoso.com');
  const bob = await owner.ask<SignedIn>('GET', '/session');
  const state = async () => ({
    ...(await owner.ask<object>('GET', `/organizations/${contoso.organizationId}`)),
    ...(await owner.ask<object>('GET', '/administrators')),
    ...(await owner.ask<object>('GET', '/audit')),
  });
  const before = await state();
  const foreign = operationsOn({
    organization: contoso.organizationId,
    keyId: contoso.certificate.thumbprint,
    administrator: bob.id,
    userCode: waiting.userCode,
  });
  const unknown = operationsOn({
    organization: systemRandom.uuid(),
    keyId: systemRandom.bytes(32).toString('base64url'),
    administrator: systemRandom.bytes(16).toString('base64url'),
    userCode: 'BBBB-BBBB',
  });
  for (const [index, [method, path, body]] of foreign.entries()) {
    const [, unknownPath = '', unknownBody] = unknown[index] ?? [];
    const refused = await browser.call(method, path, body);
    const missing = await browser.call(method, unknownPath, unknownBody);
    assert.equal(refused.status, 404, `${method} ${path}: ${JSON.stringify(refused.body)}`);
    assert.deepEqual(
      { ...(refused.body as object), traceId: '' },
      { ...(missing.body as object), traceId: '' },
      `${method} ${path}`,
    );
  }
  const operatorId = (await boss.ask<SignedIn>('GET', '/session')).id;
  for (const act of ['disable', 'enable', 'reset-password']) {
    assert.equal(
      await browser.refusal('POST', `/administrators/${operatorId}/${act}`),
      '404 administrator-not-found',
    );
  }
  assert.deepEqual(await state(), before);
  const lists = JSON.stringify([
    await browser.ask('GET', '/organizations'),
    await browser.ask('GET', '/administrators'),
    await browser.ask('GET', '/audit'),
    await browser.ask('GET', '/status'),
    await browser.ask('GET', '/apps'),
    await browser.ask('GET', '/traffic?hours=24'),
  ]);
  for (const foreignOne of ['contoso', 'bob@', bob.id, 'ops@relay', operatorId])
    assert.ok(!lists.includes(foreignOne), foreignOne);
});

test('nothing but signing in and signing up is possible without a session', async t => {
  const { relay } = await openConsole(t);
  const nobody = new ConsoleBrowser(relay);
  const routes: Route[] = [
    ...operationsOn({ organization: 'x', keyId: 'x', administrator: 'x', userCode: 'x' }),
    ['GET', '/session'],
    ['PUT', '/account/password', { password, newPassword: password }],
    ['POST', '/account/totp'],
    ['PUT', '/account/totp', { code: '123456' }],
    ['DELETE', '/account/totp', { password }],
    ['GET', '/organizations'],
    ['POST', '/organizations', { domain: 'evil.example' }],
    ['GET', '/traffic?hours=24'],
    ['GET', '/apps'],
    ['GET', '/keys'],
    ['POST', '/keys/seal/rotate'],
    ['GET', '/status'],
    ['GET', '/audit'],
    ['GET', '/administrators'],
  ];
  for (const [method, path, body] of routes) {
    nobody.cookie = undefined;
    assert.equal(await nobody.refusal(method, path, body), '401 session-missing', `${method} ${path}`);
    nobody.cookie = 'mailbadge-console=guessed';
    assert.equal(await nobody.refusal(method, path, body), '401 session-invalid', `${method} ${path}`);
  }
});

test('an administrator cannot become more than that', async t => {
  const { anna: browser } = await openConsole(t);
  const me = await browser.ask<SignedIn>('GET', '/session');
  const own = `/organizations/${me.organization?.id}`;
  for (const [method, path, body] of [
    ['POST', '/administrators', { email: 'eve@fabrikam.com', role: 'operator' }],
    ['POST', '/organizations', { domain: 'evil.example' }],
    ['PATCH', own, { quotaPerSecond: 1_000_000 }],
    ['PATCH', own, { name: 'Fabrikam', quotaPerSecond: null }],
    ['POST', `${own}/deactivate`, { reason: 'because', revokeTargets: false }],
    ['POST', `${own}/reactivate`, { revokeTargets: false }],
    ['GET', '/keys', undefined],
    ['POST', '/keys/seal/rotate', undefined],
  ] as const) {
    assert.equal(await browser.refusal(method, path, body), '403 operators-only', `${method} ${path}`);
  }
  for (const act of ['disable', 'reset-password']) {
    assert.equal(await browser.refusal('POST', `/administrators/${me.id}/${act}`), '400 invalid-request');
  }
  const sneaky = { email: 'eve@fabrikam.com', role: 'administrator', organization_id: null };
  assert.equal(await browser.refusal('POST', '/administrators', sneaky), '400 invalid-request');
  const { organization } = await browser.ask<{ organization: OrganizationView }>('GET', own);
  assert.equal(organization.name, null);
  assert.equal(organization.quotaPerSecond, null);
});

test('who belongs to a deactivated organization sees why, and changes nothing', async t => {
  const { relay, anna: browser } = await openConsole(t);
  await relay.administration.deactivateOrganization('fabrikam.com', 'unpaid');
  const { organizations } = await browser.ask<{ organizations: OrganizationView[] }>('GET', '/organizations');
  assert.equal(organizations[0]?.deactivatedReason, 'unpaid');
  const own = `/organizations/${organizations[0]?.id}`;
  for (const [method, path, body] of [
    ['PATCH', own, { name: 'Fabrikam' }],
    ['POST', `${own}/enrolment-code`, undefined],
    ['POST', `${own}/reactivate`, { revokeTargets: false }],
    ['POST', '/administrators', { email: 'eve@fabrikam.com', role: 'administrator' }],
  ] as const) {
    assert.equal(await browser.refusal(method, path, body), '403 organization-inactive', `${method} ${path}`);
  }
  await browser.ask('DELETE', '/session');
});

test('whatever is sent, no answer is a failure of the relay', async t => {
  const { relay, anna: browser } = await openConsole(t);
  const boss = await personAt(relay, operator);
  const me = await browser.ask<SignedIn>('GET', '/session');
  const ids = { organization: me.organization?.id ?? '', keyId: 'x', administrator: me.id, userCode: '%00' };
  const withBody: Route[] = operationsOn(ids).filter(([method]) => method !== 'GET');
  withBody.push(
    ['POST', '/session'],
    ['POST', '/sign-ups'],
    ['PUT', '/account/password'],
    ['PUT', '/account/totp'],
    ['DELETE', '/account/totp'],
    ['POST', '/organizations'],
    ['POST', '/keys/%F0%28%8C%28/rotate'],
  );
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"email":1e999}',
    `{"domain":"${'a'.repeat(500)}.com"}`,
    '['.repeat(16_000),
    '{"__proto__":{}}',
    '\u0000',
  ];
  for (const [caller, sent] of [
    [boss, bodies],
    [browser, bodies.slice(0, 2)],
  ] as const) {
    for (const [method, path] of withBody) {
      for (const body of sent) {
        const { status } = await caller.call(method, path, body === '' ? undefined : body, {
          'content-type': 'application/json',
        });
        assert.ok(status < 500, `${method} ${path} ${body.slice(0, 20)}: ${status}`);
      }
    }
  }
  for (const query of [
    '/traffic',
    '/traffic?hours=0',
    '/traffic?hours=721',
    '/traffic?hours=1.5',
    '/traffic?hours=x',
    '/audit?before=-1',
    '/audit?before=1e400',
  ]) {
    assert.equal(await boss.refusal('GET', query), '400 invalid-request', query);
  }
  assert.equal(
    await boss.refusal('POST', '/organizations', { domain: 'x.com' }, { 'content-type': 'text/plain' }),
    '415 unsupported-media-type',
  );
  assert.equal(await boss.refusal('POST', '/organizations', 'x'.repeat(20_000)), '413 body-too-large');
  assert.equal(await boss.refusal('GET', '/nothing'), '404 not-found');
});

test('the console can be switched off', async t => {
  const relay = await startTestRelay(t, { settings: { console: { enabled: false } } });
  assert.equal((await fetch(`${relay.issuer}/console/api/session`)).status, 404);
  assert.equal((await fetch(`${relay.issuer}/console`)).status, 404);
});
