// A device with a real Chromium on which the product's web app is installed: its count is a number on the icon, set by
// pushes that show nothing else. Also what the app says where notifications are refused.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AppDevice } from '../../fixtures/app-device.ts';
import type { BrowserProfile } from '../../fixtures/browser-profile.ts';
import { installApp, readBadge, standAlone, startPushChromium } from '../../fixtures/push-chromium.ts';
import { until } from '../../fixtures/until.ts';
import {
  alice,
  startWebAppStage,
  type WebAppStage,
  webAppStageUnavailable,
} from '../../fixtures/web-app-stage.ts';

describe('a device with Chromium', { skip: webAppStageUnavailable() ?? false }, () => {
  let stage: WebAppStage;
  let chromium: BrowserProfile;
  let device: AppDevice;
  before(async () => {
    stage = await startWebAppStage();
    chromium = await startPushChromium({ switches: stage.push.google.switches });
    device = new AppDevice(() => chromium.context, stage.system.proxyUrl);
  });
  after(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const untilBadge = async (count: number): Promise<void> => {
    let seen: number | undefined;
    await until(
      `the icon shows ${count}`,
      async () => {
        seen = await readBadge(chromium, device.manifestId);
        return seen === count;
      },
      { seen: () => seen },
    );
  };

  test('installed and opened from its icon, the badge is a number and nothing else', async () => {
    await installApp(chromium, { manifestId: device.manifestId, url: device.manifestId });
    const page = await device.open();
    await standAlone(chromium, page, device.manifestId);
    await stage.dovecot.deliver('alice', 'one');
    await device.turnBadgeOn(alice, page);
    await untilBadge(1);
    await device.leave();
    await stage.dovecot.deliver('alice', 'two');
    await untilBadge(2);
    assert.deepEqual(await device.notifications(), []);
    using mailProgram = await stage.dovecot.signIn('alice');
    await mailProgram.select();
    await mailProgram.markSeen('1:*');
    await untilBadge(0); // without delay: nobody is shown anything
  });

  test('after a restart the newest count is on the icon, with no page open', async () => {
    await chromium.close();
    for (const subject of ['three', 'four']) await stage.dovecot.deliver('alice', subject);
    const [subscription] = stage.push.google.subscriptions;
    await until('the push service keeps it', () => (subscription?.storedCount ?? 0) > 0);
    await chromium.reopen();
    await untilBadge(2);
  });

  test('where notifications are refused the app says how to allow them', async () => {
    await using refusing = await startPushChromium({
      switches: stage.push.google.switches,
      notifications: 'denied',
    });
    const page = await new AppDevice(() => refusing.context, stage.system.proxyUrl).signIn(alice);
    await page.getByText('Notifications are blocked for this app').waitFor();
    await page.getByText('Set “Notifications” to “Allow”, then come back here').waitFor();
  });

  test('nothing was said against the protocol, nobody was looked for elsewhere', () => {
    assert.deepEqual(stage.push.google.violations, []);
    assert.deepEqual(stage.push.network.unknown, []);
  });
});
