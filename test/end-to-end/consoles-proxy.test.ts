// The proxy's console in a real browser, on the whole system: the way of a badge in numbers, why a badge shows what it
// shows, an ended subscription brought back, the probe, and the link that opens it all.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { buildWeb } from '../../scripts/build-web.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { type System, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { announced } from '../fixtures/announcements.ts';
import { chromiumUnavailable, startChromium } from '../fixtures/chromium.ts';
import { assertUsable, openPage, type PageOptions } from '../fixtures/console-page.ts';
import { nativeReceiver, type TestDevice, turnOnDevice, untilShown } from '../fixtures/devices.ts';

const anna = { user: 'anna@fabrikam.com', password: 'correct horse' };
const unavailable = chromiumUnavailable();

describe('the proxy’s console', { skip: unavailable ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-console-'));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  let system: System;
  let browser: Browser;
  let device: TestDevice;
  before(async () => {
    await buildWeb();
    mailboxes.open(anna.user, { password: anna.password });
    system = await startSystem({
      folder,
      source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
    });
    device = await turnOnDevice(system, 'installation-1', nativeReceiver(system), anna);
    mailboxes.append(anna.user, { from: 'ben', subject: 'hello' });
    await untilShown([[device, 1]], 'one message');
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await system?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** By a link that the command prints, as an administrator follows it. */
  async function open(options?: PageOptions) {
    const printed = await system.run('proxy', 'console', '--json', '--config', system.proxyConfigFile);
    const { url } = JSON.parse(printed) as { url: string };
    const opened = await openPage(browser, url, options);
    return { ...opened, url, origin: new URL(url).origin };
  }

  test('a link opens it once and leaves no token in the address; without one the page tells how to get in', async () => {
    const opened = await open();
    const { page, url, origin } = opened;
    await page.getByText('Publishing is on').waitFor();
    assert.equal(page.url(), `${origin}/`);
    await page.reload();
    await page.getByText('Publishing is on').waitFor();
    await page.getByRole('button', { name: 'Close console' }).click();
    await page.getByRole('heading', { name: 'The console is closed' }).waitFor();

    const second = await openPage(browser, url);
    await second.page.getByRole('heading', { name: 'This link works no more' }).waitFor();
    await second.page.getByText('mailbadge proxy console', { exact: true }).waitFor();
    await assertUsable(second, 'a used link');
    await second.page.goto(`${origin}/trust`);
    await second.page.getByRole('heading', { name: 'Open the console' }).waitFor();
    assert.deepEqual([...opened.errors, ...second.errors], []);
  });

  test('overview, why, and the probe tell what is true', async () => {
    const opened = await open();
    const { page } = opened;
    const way = page.getByRole('list', { name: 'The way of a badge' });
    await way.getByText('connected', { exact: true }).waitFor();
    const figures = await way.locator('.number').allTextContents();
    assert.ok(figures.includes('watched1') && figures.includes('icons1'), figures.join());
    await page.getByRole('button', { name: 'Run probe' }).click();
    await page.locator('.facts .pill', { hasText: 'Succeeded' }).waitFor();
    await page.getByRole('cell', { name: /knows us as fabrikam\.com/ }).waitFor();
    await assertUsable(opened, 'a probe that succeeded');

    await page.getByRole('link', { name: 'Icons' }).click();
    const row = page.getByRole('row').filter({ hasText: anna.user });
    await row.getByText('right', { exact: true }).waitFor();
    await row.getByRole('rowheader').getByRole('link').click();
    await page.getByRole('heading', { name: /^Why: / }).waitFor();
    await page.getByRole('cell', { name: `${anna.user} has 1 unseen` }).waitFor();
    await page.reload(); // the address names the icon
    await page.getByRole('cell', { name: `${anna.user} has 1 unseen` }).waitFor();
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('cell', { name: 'accepted' }).first().waitFor();
    assert.deepEqual(opened.errors, []);
  });

  test('a subscription is ended, its badge goes, and undo brings both back', async () => {
    const { page, errors } = await open();
    await page.getByRole('link', { name: 'Subscriptions', exact: true }).click();
    await page.getByRole('button', { name: `End: ${anna.user}` }).click();
    await page.getByRole('dialog').getByText('leaves the badge of this device').waitFor();
    const end = page.getByRole('dialog').getByRole('button', { name: 'End' });
    await announced(page, 'The subscription has ended', () => end.click());
    await page.getByText('No subscription yet.').waitFor();
    await untilShown([[device, 0]], 'ended');
    await page.getByLabel('State').selectOption('ended');
    const undo = page.getByRole('button', { name: `Undo: ${anna.user}` });
    await announced(page, 'The subscription is live again', () => undo.click());
    await untilShown([[device, 1]], 'restored');
    assert.deepEqual(errors, []);
  });

  test('disabling asks, stops at once and keeps the badge; enabling brings it right', async () => {
    const { page, errors } = await open();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByText('Badges on devices stay as they are now.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Publishing is on').waitFor();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.locator('.page-title').getByText('Publishing is off').waitFor();
    mailboxes.append(anna.user, { from: 'ben', subject: 'again' });
    await page.getByRole('button', { name: 'Run probe' }).click();
    await page.locator('.facts .pill', { hasText: 'Failed' }).waitFor();
    await page.getByText('PushNotifications', { exact: true }).waitFor();
    assert.equal(device.badge(), 1);
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.locator('.page-title').getByText('Publishing is on').waitFor();
    await untilShown([[device, 2]], 'enabled again');
    assert.deepEqual(errors, []);
  });

  for (const look of [
    { locale: 'en', width: 360, colorScheme: 'light' },
    { locale: 'zh-CN', width: 1280, colorScheme: 'dark' },
    { locale: 'zh-TW', width: 360, colorScheme: 'dark' },
  ] as const) {
    test(`every page can be used: ${Object.values(look).join(', ')}`, async () => {
      const opened = await open(look);
      const { page, origin } = opened;
      for (const path of [
        '/',
        '/mailboxes',
        `/mailboxes/why?of=${anna.user}`,
        '/icons',
        '/subscriptions',
        '/deliveries',
        '/trust',
        '/mailboxes/why?of=nobody',
        '/nowhere',
      ]) {
        await page.goto(origin + path);
        await page.locator('nav').first().waitFor({ state: 'attached' });
        await assertUsable(opened, path);
      }
    });
  }
});
