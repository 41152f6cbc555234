// The relay's console in a real browser, on a real relay: an organization that nobody knew signs up by DNS, its
// administrator approves a proxy that really asks, by keyboard alone, and every page can be used.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { buildWeb } from '../../scripts/build-web.ts';
import { openDatabase } from '../../src/database/database.ts';
import type { RelaySchema } from '../../src/relay/database/schema.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { Secret } from '../../src/runtime/secrets.ts';
import { chromiumUnavailable } from '../fixtures/chromium.ts';
import { assertUsable, browserFor, openPage, type PageOptions } from '../fixtures/console-page.ts';
import { requestApproval } from '../fixtures/device-approval.ts';
import { DnsServer } from '../fixtures/dns-server.ts';
import { MovingClock } from '../fixtures/moving-clock.ts';
import { premises } from '../fixtures/proxy-premises.ts';
import { enrolOrganization, startTestRelay, type TestRelay } from '../fixtures/relay.ts';
import { until } from '../fixtures/until.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const password = 'correct horse battery staple';
const inBrowser = { skip: chromiumUnavailable() ?? false };

async function relayWithConsole(
  t: TestContext,
  overrides: { clock?: MovingClock } = {},
): Promise<{ relay: TestRelay; dns: DnsServer }> {
  await buildWeb();
  const dns = await DnsServer.start();
  t.after(() => dns[Symbol.asyncDispose]());
  const relay = await startTestRelay(t, {
    settings: { self_service_sign_up: true, dns_servers: [dns.address] },
    overrides,
  });
  return { relay, dns };
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Tab by tab, as a person without a mouse. */
async function tabTo(page: Page, what: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const focused = document.activeElement;
      const labels = focused instanceof HTMLInputElement ? [...(focused.labels ?? [])] : [];
      return focused?.ariaLabel ?? labels[0]?.textContent ?? focused?.textContent ?? '';
    });
    if (name.startsWith(what)) return;
  }
  assert.fail(`"${what}" is not reached by the Tab key`);
}

test('from signing up to a connected proxy, without anybody at the relay', inBrowser, async t => {
  const { relay, dns } = await relayWithConsole(t);
  const opened = await openPage(await browserFor(t), `${relay.issuer}/console/`);
  const { page } = opened;
  await page.getByRole('link', { name: 'Sign it up' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('[aria-invalid=true]').nth(4).waitFor();
  assert.equal(await page.locator('[aria-invalid=true]').count(), 5);
  await page.getByLabel('Name of the organization').fill('Fabrikam, Inc.');
  await page.getByLabel('Mail domain').fill('Fabrikam.com');
  await page.getByLabel('Contact address').fill('post@fabrikam.com');
  await page.getByLabel('Your e-mail address').fill('erika@fabrikam.com');
  await page.getByLabel('Password', { exact: true }).fill('too short');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('At least 12 characters', { exact: true }).waitFor();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();

  await page.getByRole('heading', { name: 'Prove that fabrikam.com is yours' }).waitFor();
  await assertUsable(opened, 'the record');
  const record = page.locator('.code-box code');
  const [name = '', value = ''] = await record.allTextContents();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByText('The record is not there yet.').waitFor();
  await page.reload(); // a change of DNS may take longer than a page stays open
  await record.nth(1).waitFor();
  assert.deepEqual(await record.allTextContents(), [name, value]);
  dns.publish(name, value);
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByRole('heading', { name: 'Your organization is signed up' }).waitFor();
  await page.getByRole('link', { name: 'To sign in' }).click();

  await page.getByLabel('E-mail address').fill('erika@fabrikam.com');
  await page.getByLabel('Password', { exact: true }).fill('the wrong password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The e-mail address, the password or the code is wrong.').waitFor();
  await signIn(page, 'erika@fabrikam.com');
  await page.getByRole('heading', { name: 'fabrikam.com', level: 1 }).waitFor();
  await page.getByText('proved', { exact: true }).waitFor();
  await assertUsable(opened, 'my organization');

  const proxy = await premises(t);
  const setUp = await proxy.setUp(relay);
  assert.equal(setUp.status, 0, setUp.stderr);
  const terminal = connectInTerminal(t, proxy.config);
  const code = await terminal.shown(/Code\s+([A-Z]{4}-[A-Z]{4})/);
  const thumbprint = await terminal.shown(/Compare\s+([0-9A-F ]{40,}) \(/);

  await page.getByRole('link', { name: 'Approve a proxy' }).click();
  await page.getByLabel('Code from the terminal').fill(code.replace('-', '').toLowerCase());
  await page.getByRole('button', { name: 'Show the request' }).click();
  await page.locator('.thumbprint').waitFor();
  const groups = await page.locator('.thumbprint [aria-hidden]').allTextContents();
  assert.equal(groups.join(''), thumbprint.replaceAll(' ', ''));
  await assertUsable(opened, 'the request');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Fill this in').first().waitFor(); // neither compared nor a password: nothing is sent
  await page.getByLabel('I started this myself').check();
  await page.getByLabel('Your password, again').fill('not my password');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Nothing was decided.').waitFor();
  await page.getByLabel('Your password, again').fill(password);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Approved', { exact: true }).waitFor();
  assert.equal(await terminal.status, 0, terminal.said());
  assert.match(terminal.said(), /Complete\./);

  await page.getByRole('link', { name: 'To the credentials' }).click();
  await page.getByRole('rowheader', { name: thumbprint.replaceAll(' ', '') }).waitFor();
  await assertUsable(opened, 'the credentials');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('cell', { name: 'Proxy approved' }).waitFor();
});

/** `mailbadge proxy trust connect`, as in a terminal that stays open. */
function connectInTerminal(t: TestContext, config: string) {
  const child = spawn(process.execPath, [main, 'proxy', 'trust', 'connect', '--config', config]);
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const status = new Promise<number | null>(resolve => child.once('close', resolve));
  return {
    status,
    said: () => text,
    shown: (pattern: RegExp) =>
      until(`the terminal shows ${pattern}`, () => pattern.exec(text)?.[1]?.trim(), { seen: () => text }),
  };
}

test(
  'approving by keyboard alone, with a one-time code; Esc leaves a dialog and the focus returns',
  inBrowser,
  async t => {
    const clock = new MovingClock();
    const { relay } = await relayWithConsole(t, { clock });
    await relay.administration.addOrganization('fabrikam.com');
    await relay.administration.addAdministrator('erika@fabrikam.com', {
      organization: 'fabrikam.com',
      password: new Secret(password),
    });
    const opened = await openPage(await browserFor(t), `${relay.issuer}/console/account`);
    const { page } = opened;
    await signIn(page, 'erika@fabrikam.com');
    await page.getByRole('heading', { name: 'My account' }).waitFor(); // the page that was asked for
    await page.getByRole('button', { name: 'Set up' }).click();
    const secret = (await page.locator('.code-box code').textContent()) ?? '';
    /** Each works once, and until half a minute after its own is over. */
    const code = () => new TOTP({ secret }).generate({ timestamp: clock.now() });
    await page.getByLabel('Code that the app shows now').fill(code());
    await assertUsable(opened, 'setting up one-time codes');
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByRole('button', { name: 'Switch off' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, 'erika@fabrikam.com');
    const field = page.getByLabel('Code from your authenticator app');
    clock.putForward(30_000);
    await field.fill(code());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'My account' }).waitFor();

    const { userCode, certificate } = await requestApproval(relay, 'fabrikam.com');
    await page.goto(`${relay.issuer}/console/approve?code=${userCode}`);
    await page.getByLabel('Code from the terminal').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip-link');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Code from the terminal');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What asks to be approved' }).waitFor();
    await tabTo(page, 'Deny');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Deny this request?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Deny');
    await page.evaluate(() => document.getElementById('main')?.focus());
    await tabTo(page, 'I started this myself');
    await page.keyboard.press('Space');
    await tabTo(page, 'Your password, again');
    await page.keyboard.type(password);
    await tabTo(page, 'Code from your authenticator app');
    clock.putForward(30_000);
    await page.keyboard.type(code());
    await page.keyboard.press('Enter');
    await page.getByText('Approved', { exact: true }).waitFor();
    const credentials = await relay.administration.credentials('fabrikam.com');
    const audited = (await relay.administration.audit({ limit: 1 })).entries[0];
    assert.equal(audited?.action, 'device-authorization.approve');
    assert.equal(audited?.subject, certificate.thumbprint);
    assert.equal(credentials.length, 0); // until the proxy comes for it
    assert.deepEqual(opened.errors, []);
  },
);

/** A relay with something to see on every page. */
async function furnishedRelay(t: TestContext): Promise<TestRelay> {
  const { relay } = await relayWithConsole(t);
  await enrolOrganization(relay, { domain: 'fabrikam.com' });
  await relay.administration.addOrganization('contoso.com');
  await relay.administration.addAdministrator('operator@relay.example', {
    organization: undefined,
    password: new Secret(password),
  });
  return relay;
}

const looks: PageOptions[] = [
  { locale: 'en', width: 1280, colorScheme: 'light' },
  { locale: 'zh-CN', width: 360, colorScheme: 'dark' },
  { locale: 'zh-TW', width: 1600, colorScheme: 'dark' },
];
const signInWords: Record<string, string> = { en: 'Sign in', 'zh-CN': '登录', 'zh-TW': '登入' };

test(
  'every page of an operator can be used, narrow and wide, light and dark, in each language',
  inBrowser,
  async t => {
    const relay = await furnishedRelay(t);
    const browser = await browserFor(t);
    const [fabrikam] = await relay.administration.listOrganizations();
    const paths = [
      '/organizations',
      `/organizations/${fabrikam?.id}`,
      `/organizations/${fabrikam?.id}/credentials`,
      `/organizations/${fabrikam?.id}/traffic`,
      '/organizations/of-nobody',
      '/traffic',
      '/approve',
      '/apps',
      '/keys',
      '/status',
      '/administrators',
      '/audit',
      '/account',
      '/nowhere',
    ];
    for (const look of looks) {
      const opened = await openPage(browser, `${relay.issuer}/console/`, look);
      const { page } = opened;
      await assertUsable(opened, `signing in, ${look.locale}`);
      await page.locator('input[name=email]').fill('operator@relay.example');
      await page.locator('input[name=password]').fill(password);
      await page.getByRole('button', { name: signInWords[look.locale ?? ''] ?? '', exact: true }).click();
      await page.locator('nav').first().waitFor({ state: 'attached' });
      for (const path of paths) {
        await page.goto(`${relay.issuer}/console${path}`);
        await page.locator('h1').waitFor();
        await assertUsable(opened, `${path}, ${JSON.stringify(look)}`);
      }
      await page.context().close();
    }
  },
);

test(
  'traffic is drawn in the colours of its table, and every number stands beside the picture',
  inBrowser,
  async t => {
    const relay = await furnishedRelay(t);
    const hourAgo = Math.floor(Date.now() / 300_000 - 12) * 300_000;
    await using database = openDatabase<RelaySchema>(relay.config.database, { clock: new SystemClock() });
    await database.db
      .insertInto('traffic')
      .values(
        Object.entries({ accepted: 1200, 'provider-throttled': 30, 'target-gone': 70 }).map(
          ([outcome, notifications]) => ({
            bucket_at: hourAgo,
            organization_id: '*',
            app_id: 'com.fabrikam.mail',
            provider: 'apns',
            outcome,
            notifications,
          }),
        ),
      )
      .execute();
    const opened = await openPage(await browserFor(t), `${relay.issuer}/console/traffic`);
    const { page } = opened;
    await signIn(page, 'operator@relay.example');
    const picture = page.getByRole('img', { name: 'Notifications over time, by outcome; 1,300 in all' });
    await picture.locator('canvas').waitFor();
    const drawn = await page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const colors = new Set<string>();
      for (let at = 0; at < pixels.length; at += 4) {
        colors.add(`rgb(${pixels[at]}, ${pixels[at + 1]}, ${pixels[at + 2]})`);
      }
      const swatches = [...document.querySelectorAll('.swatch')];
      return swatches.map(swatch => colors.has(getComputedStyle(swatch).backgroundColor));
    });
    assert.deepEqual(drawn, [true, true, true]);
    await page.getByRole('row', { name: 'accepted 1,200 92.3%' }).waitFor();
    await page.getByRole('row', { name: 'deferred: provider asks for less 30 2.3%' }).waitFor();
    await page.getByText('Show the numbers').click();
    await page.getByRole('row', { name: / 1,200 30 70$/ }).waitFor();
    await assertUsable(opened, 'traffic');
  },
);

test(
  'a session that ended in the middle asks to sign in, and goes on at the same page',
  inBrowser,
  async t => {
    const relay = await furnishedRelay(t);
    const { page, errors } = await openPage(await browserFor(t), `${relay.issuer}/console/keys`);
    await signIn(page, 'operator@relay.example');
    await page.getByRole('heading', { name: 'Relay keys' }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByText('Your session has ended.').waitFor();
    await signIn(page, 'operator@relay.example');
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    assert.deepEqual(errors, []);
  },
);

test('the choices of language and appearance are kept', inBrowser, async t => {
  const { relay } = await relayWithConsole(t);
  const { page } = await openPage(await browserFor(t), `${relay.issuer}/console/`);
  await page.getByLabel('Language').selectOption('zh-Hant');
  await page.getByRole('heading', { name: '登入' }).waitFor();
  await page.getByLabel('外觀').selectOption('dark');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.reload();
  await page.getByRole('heading', { name: '登入' }).waitFor();
  assert.equal(await ground(), dark);
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-Hant');
});

test('the judgement of a page finds what is planted', inBrowser, async t => {
  const { relay } = await relayWithConsole(t);
  const opened = await openPage(await browserFor(t), `${relay.issuer}/console/`);
  await assertUsable(opened, 'as it is');
  await opened.page.evaluate(() => {
    const main = document.querySelector('main');
    const pale = document.createElement('p');
    pale.textContent = 'pale';
    pale.style.color = '#999';
    main?.append(document.createElement('button'), document.createElement('h4'), pale);
  });
  await assert.rejects(assertUsable(opened, 'planted'), (error: Error) => {
    for (const fault of ['no name: <button>', 'h4 skips a level', 'contrast 2.']) {
      assert.ok(error.message.includes(fault), `${fault} in ${error.message}`);
    }
    return true;
  });
});
