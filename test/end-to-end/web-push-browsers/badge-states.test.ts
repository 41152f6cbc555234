// What a person is told when the badge cannot follow, and how it comes right again: an administrator stops publishing,
// the sign-in nears its end. In a real Chromium.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { AppDevice } from '../../fixtures/app-device.ts';
import type { BrowserProfile } from '../../fixtures/browser-profile.ts';
import { assertUsable } from '../../fixtures/console-page.ts';
import { startPushChromium } from '../../fixtures/push-chromium.ts';
import { until } from '../../fixtures/until.ts';
import {
  alice,
  startWebAppStage,
  type WebAppStage,
  webAppStageUnavailable,
} from '../../fixtures/web-app-stage.ts';

const dayMs = 86_400_000;

describe('a badge that cannot follow', { skip: webAppStageUnavailable() ?? false }, () => {
  let stage: WebAppStage;
  let chromium: BrowserProfile;
  let page: Page;
  before(async () => {
    stage = await startWebAppStage('passwords');
    chromium = await startPushChromium({ switches: stage.push.google.switches });
    page = await new AppDevice(() => chromium.context, stage.system.proxyUrl).turnBadgeOn(alice);
    await page.getByText('Badge is right').waitFor();
  });
  after(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const proxy = (...parameters: string[]) =>
    stage.system.run('proxy', ...parameters, '--config', stage.system.proxyConfigFile);

  /** What the browser complains of is not judged here. */
  const usable = (what: string) => assertUsable({ page, errors: [] }, what);

  test('publishing is disabled by the administrator, and enabled again', async () => {
    await proxy('disable', '--force');
    await stage.dovecot.deliver('alice', 'one');
    await openedUntil(page, 'Badges are switched off for now');
    await page.getByText('Switched off by your organization').waitFor();
    await page.getByRole('heading', { name: '1 unseen message', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Test my badge' }).click();
    await page.getByRole('alert').getByText('Badges are switched off for now').waitFor();
    await usable('publishing is disabled');

    await proxy('enable');
    await openedUntil(page, 'Badge 1 ·');
    await page.getByText('Badge is right').waitFor();
    assert.equal(await page.getByText('Badges are switched off for now').count(), 0);
  });

  test('a sign-in that ends within a week is said beforehand, with the way to prolong it', async () => {
    const answer = await page.request.get(`${stage.system.proxyUrl}/v1/sessions/current`);
    const { expiresAt } = (await answer.json()) as { expiresAt: number };
    await page.clock.setFixedTime(expiresAt - 6 * dayMs - 60_000);
    await page.reload();
    const notice = page.locator('.notice', { hasText: 'Please sign in again soon' });
    await notice.getByText('in 6 days').waitFor();
    await usable('the sign-in ends soon');
    await notice.getByRole('link', { name: 'Sign in again' }).click();
    await page.locator('h1:focus', { hasText: 'Sign in again' }).waitFor();
    await page.getByText('For another 90 days').waitFor();
    assert.equal(await page.getByLabel('Name or e-mail address').inputValue(), 'alice');
    await page.clock.setFixedTime(expiresAt - 90 * dayMs); // the proxy's time has not moved
    await page.getByLabel('Password', { exact: true }).fill(alice.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'The badge is on' }).waitFor();
    assert.equal(await notice.count(), 0);
  });
});

/** Opens the app again and again, as a person does, until it says so once everything has answered. */
async function openedUntil(page: Page, text: string): Promise<void> {
  await until(
    `the page says "${text}"`,
    async () => {
      await page.reload();
      const refreshed = page.locator('.refresh:not(.busy)');
      await refreshed.or(page.locator('input[name=password]')).first().waitFor();
      return (await page.getByText(text).count()) > 0;
    },
    { seen: () => page.url() },
  );
}
