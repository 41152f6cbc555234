// The device web app in a real browser, on the whole system: signing in, the inbox with what anybody may send, devices,
// expiry, languages, the keyboard. The badge itself is turned on here in a Chromium that has a push service; what other
// browsers make of pushes is web-push-browsers/.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildWeb } from '../../scripts/build-web.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoApp, demoOrganization, type System, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { announced } from '../fixtures/announcements.ts';
import { AppDevice } from '../fixtures/app-device.ts';
import { type PushServices, startPushServices } from '../fixtures/browser-push/push-services.ts';
import { chromiumUnavailable, startChromium } from '../fixtures/chromium.ts';
import { assertUsable, type ConsolePage, openPage, type PageOptions } from '../fixtures/console-page.ts';
import { startPushChromium } from '../fixtures/push-chromium.ts';
import { until } from '../fixtures/until.ts';

const password = 'correct horse';
const anna = { user: 'anna@fabrikam.com', password };
const hostile = [
  { from: '"<img src=x onerror=hacked()>" <x@example.com>', subject: '<script>hacked()</script>' },
  { from: '"\u202eeve\u2066" <eve@example.com>', subject: '\u202egnp.exe \u2067 turned' },
  { from: '"😀👩‍👩‍👧‍👦" <emoji@example.com>', subject: '🎉'.repeat(200) },
  { from: `"${'W'.repeat(1000)}" <long@example.com>`, subject: 'A'.repeat(1000) },
  { from: '"javascript:hacked()" <y@example.com>', subject: '&lt;b&gt; {{7*7}} $(7*7) %00' },
];

describe('the device web app', { skip: chromiumUnavailable() ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-web-app-'));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  let push: PushServices;
  let system: System;
  let browser: Browser;
  before(async () => {
    await buildWeb();
    push = await startPushServices();
    system = await startSystem({
      folder,
      source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
      pushNetwork: push.network,
      proxy: {
        web_app: {
          name: 'Fabrikam Mail',
          webmail: {
            inbox: 'https://webmail.fabrikam.com/',
            message: 'https://webmail.fabrikam.com/?uid={uid}&do={action}',
          },
        },
      },
      relay: {
        dangerously_allow_push_hosts: [], // the product's own rule for push services
        apps: [{ id: demoApp, web_push: { subject: `mailto:push@${demoOrganization}` } }],
      },
    });
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await system?.[Symbol.asyncDispose]();
    await push?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A person with a mailbox of their own, so that no test sees another's mail. */
  function newPerson(name: string, messages: { from: string; subject: string }[] = []) {
    const user = `${name}@${demoOrganization}`;
    mailboxes.open(user, { password });
    for (const message of messages) mailboxes.append(user, message);
    return { user, password };
  }

  const open = (options?: PageOptions) => openPage(browser, `${system.proxyUrl}/app/`, options);

  async function signIn({ page }: Pick<ConsolePage, 'page'>, { user }: { user: string }): Promise<void> {
    await page.locator('input[name=user]').fill(user);
    await page.locator('input[name=password]').fill(password);
    await page.locator('button[type=submit]').click();
    await page.locator('.messages').waitFor();
    await page.locator('.loading').waitFor({ state: 'detached' });
  }

  test('signs in with the mailbox’s own password; what is missing or wrong is said at once', async () => {
    mailboxes.open(anna.user, { password });
    const opened = await open();
    const { page } = opened;
    assert.equal(await page.getByLabel('Name of this device').inputValue(), 'Linux · Chrome');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Fill this in').nth(1).waitFor();
    assert.equal(await page.getByText('Fill this in').count(), 2);
    await assertUsable(opened, 'what is missing');
    await page.getByLabel('Name or e-mail address').fill(anna.user);
    await page.getByLabel('Password', { exact: true }).fill('not my password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Name or password is wrong').waitFor();
    await assertUsable(opened, 'a wrong password');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Inbox zero' }).waitFor();
    await page.getByText('All read').waitFor();
    const cookies = await page.context().cookies();
    assert.ok(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Strict'));
    await page.reload();
    await page.getByRole('heading', { name: 'Inbox zero' }).waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Your unseen mail, on your home screen' }).waitFor();
    assert.deepEqual(await page.context().cookies(), []);
    assert.deepEqual(opened.errors, []);
  });

  test('what senders and subjects contain is text, isolated, and runs nothing', async () => {
    const person = newPerson('hostile', hostile);
    const opened = await open({ width: 320 });
    const { page } = opened;
    await page.evaluate(() => {
      document.addEventListener('securitypolicyviolation', () => document.body.classList.add('hacked'));
      (window as unknown as { hacked(): void }).hacked = () => document.body.classList.add('hacked');
    });
    await signIn(opened, person);
    await page.getByRole('heading', { name: '5 unseen messages' }).waitFor();
    await page
      .locator('.message')
      .nth(hostile.length - 1)
      .waitFor();
    assert.equal(await page.locator('.message').count(), hostile.length);
    assert.equal(await page.locator('.message img, .message script, .message b').count(), 0);
    await page.getByText('<script>hacked()</script>').first().waitFor();
    await page.getByText('<img src=x onerror=hacked()>').first().waitFor();
    assert.equal(
      await page.locator('.message-sender > bdi, .message-subject bdi').count(),
      hostile.length * 2,
    );
    const links = await page
      .locator('.message a')
      .evaluateAll(all =>
        all.map(link => ({ href: (link as HTMLAnchorElement).href, rel: link.getAttribute('rel') })),
      );
    assert.equal(links.length, hostile.length * 4);
    for (const { href, rel } of links) {
      assert.match(href, /^https:\/\/webmail\.fabrikam\.com\/\?uid=\d+&do=(open|mark-read|archive)$/);
      assert.equal(rel, 'noopener noreferrer');
    }
    assert.equal(await page.locator('body.hacked').count(), 0);
    await assertUsable(opened, 'hostile messages');
  });

  test('new mail is there after looking again, and when the person comes back to the app', async () => {
    const person = newPerson('again');
    const opened = await open();
    const { page } = opened;
    await signIn(opened, person);
    await page.getByRole('heading', { name: 'Inbox zero' }).waitFor();
    mailboxes.append(person.user, { from: 'Ben <ben@example.com>', subject: 'Lunch?' });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: '1 unseen message', exact: true }).waitFor();
    mailboxes.append(person.user, { from: 'Ben <ben@example.com>', subject: 'Dinner?' });
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByRole('heading', { name: '2 unseen messages' }).waitFor();
    await page.locator('[role=status]', { hasText: '2 unseen messages' }).waitFor({ state: 'attached' });
  });

  test('a device that is removed elsewhere signs in again, with its name filled in', async () => {
    const person = newPerson('devices');
    const phone = await open({ width: 390 });
    await phone.page.getByLabel('Name of this device').fill('<b>Anna’s phone</b>');
    await signIn(phone, person);
    const laptop = await open();
    await signIn(laptop, person);
    const { page } = laptop;
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('This device').waitFor();
    assert.equal(await page.locator('.devices > li').count(), 2);
    await page.getByRole('button', { name: 'Remove: <b>Anna’s phone</b>' }).click();
    await page.getByRole('dialog', { name: 'Remove “<b>Anna’s phone</b>”?' }).waitFor();
    await assertUsable(laptop, 'asking before removing');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No other device is signed in.').waitFor();
    await assertUsable(laptop, 'devices');

    await phone.page.getByRole('button', { name: 'Refresh' }).click();
    await phone.page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    assert.equal(await phone.page.getByLabel('Name or e-mail address').inputValue(), person.user);
    await assertUsable(phone, 'signing in again');
    await signIn(phone, person);
    await phone.page.getByRole('heading', { name: 'Inbox zero' }).waitFor();
    assert.deepEqual([...phone.errors, ...laptop.errors], []);
  });

  test('by keyboard alone: sign in, the pages, a dialog that Esc leaves', async () => {
    const person = newPerson('keyboard', hostile.slice(0, 1));
    const opened = await open();
    const { page } = opened;
    await tabTo(page, 'INPUT', 'user');
    await page.keyboard.type(person.user);
    await tabTo(page, 'INPUT', 'password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '1 unseen message', exact: true }).waitFor();
    await page.locator('a.skip-link').focus();
    await page.keyboard.press('Enter');
    await tabTo(page, 'A', 'Open: <script>hacked()</script>');
    await page.locator('a.skip-link').focus();
    await tabTo(page, 'A', 'Settings');
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: 'Settings' }).waitFor();
    await tabTo(page, 'BUTTON', 'Sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Sign out on this device?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('button:focus', { hasText: 'Sign out' }).waitFor();
    assert.deepEqual(opened.errors, []);
  });

  for (const look of [
    { locale: 'en', width: 320, colorScheme: 'dark' },
    { locale: 'zh-CN', width: 1600, colorScheme: 'dark' },
    { locale: 'zh-TW', width: 390, colorScheme: 'light' },
  ] as const) {
    test(`every page can be used: ${Object.values(look).join(', ')}`, async () => {
      const opened = await open(look);
      const { page } = opened;
      await assertUsable(opened, 'sign in');
      await signIn(opened, newPerson(`looks-${look.width}`, hostile));
      for (const path of ['', 'devices', 'settings', 'sign-in', 'nowhere']) {
        await page.goto(`${system.proxyUrl}/app/${path}`);
        await page.locator('h1').waitFor();
        await assertUsable(opened, path);
      }
    });
  }

  test('language and appearance are the person’s, and stay', async () => {
    const { page, errors } = await open();
    await page.getByLabel('Language').selectOption('zh-Hans');
    await page.getByRole('heading', { name: '未读邮件数，就在主屏幕上' }).waitFor();
    await page.getByLabel('外观').selectOption('dark');
    await page.reload();
    await page.getByRole('heading', { name: '未读邮件数，就在主屏幕上' }).waitFor();
    const { lang, dataset } = await page.evaluate(() => ({
      lang: document.documentElement.lang,
      dataset: { ...document.documentElement.dataset },
    }));
    assert.deepEqual([lang, dataset['theme']], ['zh-Hans', 'dark']);
    assert.deepEqual(errors, []);
  });

  test('notifications that are blocked are explained, step by step', async () => {
    const opened = await open();
    await opened.page.context().grantPermissions([]); // which denies all others
    await signIn(opened, newPerson('blocked'));
    await opened.page.getByText('Notifications are blocked for this app').waitFor();
    assert.equal(await opened.page.locator('.guide').first().locator('li').count(), 3);
    await assertUsable(opened, 'blocked');
  });

  test('it is drawn without waiting for the proxy, and nothing moves when the answers come', async () => {
    const person = newPerson('fast', hostile);
    const opened = await open({ width: 390 });
    const { page } = opened;
    await signIn(opened, person);
    const held = Promise.withResolvers<void>();
    await page.route('**/v1/**', async route => {
      await held.promise;
      await route.continue();
    });
    await page.reload();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await page.locator('.hero').getByText(person.user).waitFor();
    await page.getByRole('heading', { name: 'The badge is off' }).waitFor();
    await page.evaluate(() => {
      const seen = window as unknown as { shifted: number };
      seen.shifted = 0;
      new PerformanceObserver(list => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) {
          seen.shifted += entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: false });
    });
    held.resolve();
    await page.getByRole('heading', { name: '5 unseen messages' }).waitFor();
    await page.locator('.message').first().waitFor();
    const shifted = await page.evaluate(() => (window as unknown as { shifted: number }).shifted);
    assert.ok(shifted < 0.05, `cumulative layout shift ${shifted}`);
  });

  test('the browser would install it', async () => {
    const { page } = await open();
    const devTools = await page.context().newCDPSession(page);
    const manifest = await devTools.send('Page.getAppManifest');
    assert.deepEqual(manifest.errors, []);
    const { name, icons } = JSON.parse(manifest.data ?? '') as { name: string; icons: { src: string }[] };
    assert.equal(name, 'Fabrikam Mail');
    for (const { src } of icons) {
      const icon = await page.request.get(new URL(src, page.url()).href);
      assert.deepEqual([icon.status(), icon.headers()['content-type']], [200, 'image/png']);
    }
    await until('the service worker runs', () =>
      page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state === 'activated'),
    );
    const { installabilityErrors } = await devTools.send('Page.getInstallabilityErrors');
    const faults = installabilityErrors.map(({ errorId }) => errorId).filter(id => id !== 'in-incognito');
    assert.deepEqual(faults, []);
  });

  test('with the badge on: steps, test, settings that are stored, offline with the last number', async () => {
    const person = newPerson('badge', hostile.slice(0, 3));
    await using chromium = await startPushChromium({ switches: push.google.switches });
    const device = new AppDevice(() => chromium.context, system.proxyUrl);
    const page = await device.turnBadgeOn(person);
    const errors: string[] = [];
    page.on('pageerror', error => errors.push(error.message));
    await page.getByText('Badge is right').waitFor();
    await page.getByText('Badge 3 ·').waitFor();
    await assertUsable({ page, errors }, 'the badge is on');

    await page.getByRole('button', { name: 'Test my badge' }).click();
    await page.getByText('Your badge works').waitFor();
    await page.getByText(/^It arrived here after [\d,]+ ms/).waitFor();
    mailboxes.append(person.user, { from: 'Ben <ben@example.com>', subject: 'Lunch?' });
    await page.getByRole('heading', { name: '4 unseen messages' }).waitFor(); // by the push, with nothing clicked

    await refusedForNow(page, async () => {
      await page.locator('.home-badge').getByText('Try again in 2 minutes').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Turn on again' }).count(), 0); // of no use then
    });

    await offline(chromium.context, page, async () => {
      await page.getByText('You are offline').waitFor();
      await page.getByText('The number is from').waitFor();
      assert.equal(await page.locator('.app-badge').textContent(), '4');
      await assertUsable({ page, errors: [] }, 'offline');
    });
    await page.getByRole('heading', { name: '4 unseen messages' }).waitFor();
    await page.locator('.message').first().waitFor();
    assert.equal(await page.getByText('You are offline').count(), 0);

    await page.getByRole('link', { name: 'Settings' }).click();
    await announced(page, 'Saved', () => page.getByRole('radio', { name: /Only what is new/ }).check());
    await page.getByRole('checkbox', { name: 'Show sender and subject in notifications' }).check();
    await until('both are stored', async () => {
      const [mine] = await devicesOf(page);
      return mine?.policy === 'since-viewed' && mine.previews;
    });
    await page.reload();
    assert.ok(await page.getByRole('radio', { name: /Only what is new/ }).isChecked());
    await assertUsable({ page, errors }, 'settings');

    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByText('None since you last looked').waitFor();
    await page.locator('.app-badge').waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click();
    await page.getByText('Turn the badge on first').waitFor();
    assert.deepEqual(errors, []);
  });
});

/** Reloads without a network, and again with it when `look` is done. */
async function offline(context: BrowserContext, page: Page, look: () => Promise<void>): Promise<void> {
  await context.setOffline(true);
  await page.reload();
  await look();
  await context.setOffline(false);
  await page.reload();
}

/** Reloads while the proxy finds that this device asks too often. */
async function refusedForNow(page: Page, look: () => Promise<void>): Promise<void> {
  const icons = '**/v1/icons/**';
  await page.route(icons, route =>
    route.fulfill({
      status: 429,
      contentType: 'application/problem+json',
      headers: { 'retry-after': '90' },
      body: JSON.stringify({ code: 'too-many-requests' }),
    }),
  );
  await page.reload();
  await look();
  await page.unroute(icons);
}

/** As the proxy lists them. */
async function devicesOf(page: Page): Promise<{ policy: string; previews: boolean }[]> {
  const answer = await page.request.get(new URL('/v1/devices', page.url()).href);
  const { devices } = (await answer.json()) as {
    devices: { subscriptions: { policy: string; previews: boolean; endedAt: number | null }[] }[];
  };
  return devices.flatMap(({ subscriptions }) => subscriptions).filter(({ endedAt }) => endedAt === null);
}

async function tabTo(page: Page, tag: string, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const [focused, called] = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element?.getAttribute('name') ?? element?.getAttribute('aria-label');
      return [element?.tagName, label ?? element?.textContent?.trim()];
    });
    if (focused === tag && called === name) return;
  }
  assert.fail(`no way by keyboard to ${tag} ${name}`);
}
