// The device web app as a screen reader and a thumb meet it: Chromium's own accessibility tree of every page and of its
// main states, and the size of what is touched. In every state one heading says where one is, every control has a
// name, something tells what happens, and the focus is never on nothing.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { buildWeb } from '../../scripts/build-web.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { type System, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { chromiumUnavailable, startChromium } from '../fixtures/chromium.ts';
import { patienceMs } from '../fixtures/until.ts';

const anna = { user: 'anna@fabrikam.com', password: 'correct horse' };
const controls = new Set(['button', 'link', 'textbox', 'combobox', 'checkbox', 'radio']);

describe('the device web app by ear and by thumb', { skip: chromiumUnavailable() ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-by-ear-'));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  let system: System;
  let browser: Browser;
  before(async () => {
    await buildWeb();
    mailboxes.open(anna.user, anna);
    mailboxes.append(anna.user, { from: 'Ben <ben@example.com>', subject: 'Lunch?' });
    system = await startSystem({
      folder,
      source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
      proxy: {
        web_app: {
          webmail: {
            inbox: 'https://webmail.fabrikam.com/',
            message: 'https://webmail.fabrikam.com/?uid={uid}&do={action}',
          },
        },
      },
    });
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await system?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const width of [320, 390, 1280]) {
    test(`touched at ${width} px: every page and state`, async () => {
      const context = await browser.newContext({ hasTouch: true, viewport: { width, height: 800 } });
      context.setDefaultTimeout(patienceMs);
      const page = await context.newPage();
      await page.goto(`${system.proxyUrl}/app/`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await judge(page, 'sign in');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Fill this in').first().waitFor();
      await judge(page, 'what is missing');
      assert.equal(await focused(page), 'user', 'the first field that is wrong');

      await page.getByLabel('Name or e-mail address').fill(anna.user);
      await page.getByLabel('Password', { exact: true }).fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('Name or password is wrong').waitFor();
      await judge(page, 'a wrong password');

      await page.getByLabel('Password', { exact: true }).fill(anna.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('.message').first().waitFor();
      await judge(page, 'inbox');
      assert.equal(await focused(page), 'H1');

      for (const name of ['Devices', 'Settings', 'Inbox']) {
        await page.getByRole('link', { name, exact: true }).click();
        await page.locator('h1:focus').waitFor();
        await page.locator('.loading').waitFor({ state: 'detached' });
        await judge(page, name);
      }
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('dialog', { name: 'Sign out on this device?' }).waitFor();
      await judge(page, 'asking');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.locator('button:focus', { hasText: 'Sign out' }).waitFor();

      await page.goto(`${system.proxyUrl}/app/nowhere`);
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
      await judge(page, 'not found');
      await context.close();
    });
  }
});

type Node = {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  properties?: { name: string; value: { value: unknown } }[];
};

async function judge(page: Page, what: string): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  const { nodes } = (await devTools.send('Accessibility.getFullAXTree')) as unknown as { nodes: Node[] };
  await devTools.detach();
  const told = nodes.filter(({ ignored }) => !ignored);
  const roleOf = (node: Node) => node.role?.value ?? '';
  const property = (node: Node, name: string) =>
    node.properties?.find(property => property.name === name)?.value.value;

  const modal = told.some(node => roleOf(node) === 'dialog');
  const level = modal ? 2 : 1; // what lies behind a dialog is not told
  const titles = told.filter(node => roleOf(node) === 'heading' && property(node, 'level') === level);
  if (modal) assert.ok(titles.length > 0, `${what}: the dialog has no heading`);
  else assert.equal(titles.length, 1, `${what}: h1`);
  for (const title of titles) assert.notEqual(title.name?.value ?? '', '', `${what}: an empty heading`);
  const nameless = told.filter(node => controls.has(roleOf(node)) && (node.name?.value ?? '').trim() === '');
  assert.deepEqual(nameless.map(roleOf), [], `${what}: without a name`);
  const live = await page.locator('[role=status][aria-live=polite]').count();
  assert.ok(live > 0, `${what}: nothing tells what happens`);
  assert.deepEqual(await tooSmall(page), [], `${what}: too small for a thumb`);
}

/** Controls that are not in running text (WCAG 2.2 §2.5.5), by their box or, where it is wider, their label's. */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scope = document.querySelector('dialog[open]') ?? document.body;
    return [...scope.querySelectorAll<HTMLElement>('button, a, input, select')].flatMap(element => {
      if (!element.checkVisibility() || element.matches('.skip-link, p > a, p > bdi a')) return [];
      const label =
        element.closest('label') ?? element.parentElement?.querySelector(`label[for="${element.id}"]`);
      const isTick = element.matches('[type=checkbox], [type=radio]');
      const { width, height } = (isTick && label ? label : element).getBoundingClientRect();
      if (width >= 43.5 && height >= 43.5) return [];
      return [`${element.outerHTML.slice(0, 90)}: ${Math.round(width)} × ${Math.round(height)}`];
    });
  });
}

/** Names what has the focus. */
function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute('name') ?? element?.tagName;
  });
}
