// The password of a mailbox that is watched by it changes: every device says so when it is opened, and has its badge
// back once the new one was typed in there. In two real Chromium.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { AppDevice } from '../../fixtures/app-device.ts';
import { assertUsable } from '../../fixtures/console-page.ts';
import { installApp, readBadge, standAlone, startPushChromium } from '../../fixtures/push-chromium.ts';
import { until } from '../../fixtures/until.ts';
import { alice, startWebAppStage, webAppStageUnavailable } from '../../fixtures/web-app-stage.ts';

const today = 'the password of today';

test('a changed password: signing in with the new one brings the badge back, device by device', {
  skip: webAppStageUnavailable() ?? false,
}, async () => {
  await using stage = await startWebAppStage('passwords');
  const { dovecot, push, system } = stage;
  const start = () => startPushChromium({ switches: push.google.switches });
  await using first = await start();
  await using second = await start();
  const [phone, laptop] = [first, second].map(
    browser => new AppDevice(() => browser.context, system.proxyUrl),
  ) as [AppDevice, AppDevice];
  const untilBadge = async (browser: typeof first, count: number): Promise<void> => {
    let seen: number | undefined;
    await until(
      `the icon shows ${count}`,
      async () => {
        seen = await readBadge(browser, phone.manifestId);
        return seen === count;
      },
      { seen: () => seen },
    );
  };
  const turnOn = async (browser: typeof first, device: AppDevice): Promise<Page> => {
    const { manifestId } = device;
    await installApp(browser, { manifestId, url: manifestId });
    const page = await device.open();
    await standAlone(browser, page, manifestId);
    await device.turnBadgeOn(alice, page);
    await untilBadge(browser, 1);
    return page;
  };

  /** What the administrator's command says; a device that asked so often would be slowed. */
  const refused = async (): Promise<boolean> => {
    const ask = (...parameters: string[]) =>
      system.run('proxy', ...parameters, '--config', system.proxyConfigFile);
    const { subscriptions } = JSON.parse(await ask('subscription', 'list', '--json')) as {
      subscriptions: { iconId: string }[];
    };
    return (await ask('why', subscriptions[0]?.iconId ?? '').catch(String)).includes('alice is refused');
  };

  await dovecot.deliver('alice', 'one');
  const pages = { phone: await turnOn(first, phone), laptop: await turnOn(second, laptop) };

  await dovecot.setUser('alice', today);
  await dovecot.restart(); // the proxy has to sign in again
  await until('the proxy was refused', refused);
  await told(pages.phone);
  await assertUsable({ page: pages.phone, errors: [] }, 'the password has changed');
  assert.equal(await pages.phone.getByLabel('Name or e-mail address').inputValue(), 'alice');
  await untilBadge(first, 1); // as it was when last counted
  await dovecot.deliver('alice', 'two');

  await signInAgain(pages.phone, alice.password);
  await pages.phone.getByRole('alert').getByText('Name or password is wrong').waitFor();
  await signInAgain(pages.phone, today);
  await pages.phone.getByRole('heading', { name: '2 unseen messages' }).waitFor();
  await pages.phone.getByText('Badge is right').waitFor();
  await untilBadge(first, 2);

  await untilBadge(second, 0); // it has proven the old password only
  await told(pages.laptop);
  await signInAgain(pages.laptop, today);
  await pages.laptop.getByRole('heading', { name: 'The badge is on' }).waitFor();
  await untilBadge(second, 2);
  await dovecot.deliver('alice', 'three');
  for (const browser of [first, second]) await untilBadge(browser, 3);
});

/** Opened once more, the app says it and asks for the password. */
async function told(page: Page): Promise<void> {
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
  await page.getByText('Your sign-in has ended').waitFor();
}

async function signInAgain(page: Page, password: string): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
