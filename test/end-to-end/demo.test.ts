// The README's first command: headless as a machine runs it, and the page as a person sees it, in a real browser.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { type Demo, startDemo } from '../../src/demo/demo.ts';
import { createDemoPage } from '../../src/demo/demo-page.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { fetchHandler, HttpListener } from '../../src/runtime/http/listener.ts';
import { chromiumUnavailable, startChromium } from '../fixtures/chromium.ts';
import { patienceMs } from '../fixtures/until.ts';

test('the main job runs headless and tells its result as one JSON line, the last one', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'src/cli/main.ts',
    'demo',
    '--once',
    '--json',
  ]);
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
  const { latencyMs, ...rest } = report as { latencyMs: { p50: number; max: number } };
  assert.deepEqual(rest, { badges: [1, 2, 3, 2, 1], final: 1, unseen: 1, ok: true });
  assert.ok(latencyMs.p50 > 0 && latencyMs.p50 <= latencyMs.max, JSON.stringify(latencyMs));
});

describe('the demo page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-demo-test-'));
  let demo: Demo;
  let listener: HttpListener;
  let browser: Browser | undefined;
  let url: string;
  before(async () => {
    demo = await startDemo({ folder, smtpPort: 0 });
    const handler = fetchHandler(createDemoPage(demo).fetch);
    listener = await HttpListener.open({ host: '127.0.0.1', port: 0 }, handler, {
      clock: new SystemClock(),
      drainMs: 100,
    });
    url = `http://localhost:${listener.port}/`;
    if (chromiumUnavailable() === undefined) browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await listener[Symbol.asyncDispose]();
    await demo[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const inBrowser = { skip: chromiumUnavailable() ?? false };

  async function open(
    options: { locale?: string; width?: number; colorScheme?: 'dark' | 'light' } = {},
  ): Promise<{ page: Page; errors: string[] }> {
    assert.ok(browser);
    const { width = 1280, locale = 'en', colorScheme = 'light' } = options;
    const page = await browser.newPage({ locale, colorScheme, viewport: { width, height: 800 } });
    page.setDefaultTimeout(patienceMs);
    const errors: string[] = [];
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(url);
    return { page, errors };
  }
  const badges = (page: Page, expected: string[]) =>
    page.waitForFunction(
      wanted =>
        JSON.stringify([...document.querySelectorAll('.badge')].map(badge => badge.textContent)) === wanted,
      JSON.stringify(expected),
    );

  test(
    'what a person does in the mailbox shows on both icons, and its way beside them',
    inBrowser,
    async () => {
      const { page, errors } = await open();
      await badges(page, ['0', '0']);
      await page.getByLabel('Subject').fill('<img src=x onerror=alert(1)> hello');
      await page.getByRole('button', { name: 'Send' }).click();
      await badges(page, ['1', '1']);
      assert.match(
        (await page.locator('.messages li').textContent()) ?? '',
        /<img src=x onerror=alert\(1\)> hello/,
      );
      await page.locator('.way > li').first().locator('.steps li.done').nth(4).waitFor();
      assert.match(
        (await page.locator('.way > li').first().textContent()) ?? '',
        /mail0 mscounted\+[\d.]+ ms/,
      );
      await page.getByRole('button', { name: 'Read', exact: true }).click();
      await badges(page, ['0', '0']);
      await page.getByRole('button', { name: 'Mark unread' }).click();
      await badges(page, ['1', '1']);
      await page.getByRole('button', { name: 'Delete' }).click();
      await badges(page, ['0', '0']);
      assert.deepEqual(errors, []);
      await page.close();
    },
  );

  for (const [locale, heading] of [
    ['en', 'The phone'],
    ['zh-CN', '手机'],
    ['zh-TW', '手機'],
  ] as const) {
    test(`the page speaks ${locale} and fits a narrow screen`, inBrowser, async () => {
      const { page, errors } = await open({ locale, width: 360, colorScheme: 'dark' });
      assert.equal(await page.locator('#phone-title').textContent(), heading);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0, 'nothing scrolls sideways');
      assert.deepEqual(errors, []);
      await page.close();
    });
  }

  test('what is no mail, and what another site could post, is refused', async () => {
    const post = async (path: string, body: string, type = 'application/json') =>
      (await fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } })).status;
    const good = JSON.stringify({ from: 'a@b.example', subject: 'x' });
    assert.equal(await post('mail', good, 'text/plain'), 415);
    assert.equal(await post('mail', '{'), 400);
    assert.equal(await post('mail', JSON.stringify({ from: 'nobody', subject: 'x' })), 400);
    assert.equal(
      await post('mail', JSON.stringify({ from: 'a@b.example', subject: 'x\r\nBcc: c@d.example' })),
      400,
    );
    assert.equal(await post('messages/999999/read', '{}'), 404);
    assert.equal(await post('messages/x/read', '{}'), 404);
  });
});
