// The purpose of all this, in one run: a real mailbox, two devices of a person with a real Firefox and a real Chromium,
// and the count on both going up and down, while no page of the app is open.

import { test } from 'node:test';
import { AppDevice } from '../../fixtures/app-device.ts';
import { startFirefox } from '../../fixtures/firefox.ts';
import { installApp, readBadge, startPushChromium } from '../../fixtures/push-chromium.ts';
import { until } from '../../fixtures/until.ts';
import { alice, startWebAppStage, webAppStageUnavailable } from '../../fixtures/web-app-stage.ts';

test('two browsers show the count of a mailbox going up and down', {
  skip: webAppStageUnavailable() ?? false,
}, async () => {
  await using stage = await startWebAppStage();
  const { dovecot, push, system, clock } = stage;
  await using firefox = await startFirefox({ pushServerUrl: push.mozilla.serverUrl });
  await using chromium = await startPushChromium({ switches: push.google.switches });

  const phone = new AppDevice(() => firefox.context, system.proxyUrl);
  const laptop = new AppDevice(() => chromium.context, system.proxyUrl);
  await installApp(chromium, { manifestId: laptop.manifestId, url: laptop.manifestId });

  await dovecot.deliver('alice', 'there before the badge was turned on');
  for (const device of [phone, laptop]) {
    await device.turnBadgeOn(alice);
    await device.leave();
  }

  /** Firefox has no number on an icon: its device shows a notification that each change replaces. */
  const expect = async (count: number, notification: string): Promise<void> => {
    await until(
      `Chromium’s icon shows ${count}`,
      async () => (await readBadge(chromium, laptop.manifestId)) === count,
    );
    await phone.untilNotified(notification);
  };

  /** Where a change is a notification, changes down go once a minute. */
  let counted: number | undefined;
  using _counting = system.proxy.events.listen(event => {
    if (event.kind === 'mailbox-counted') counted = event.unseen;
  });
  const aMinuteAfterCounting = async (count: number): Promise<void> => {
    await until(`the proxy counted ${count}`, () => counted === count);
    clock.putForward(60_000);
  };

  await expect(1, '1 unseen message');

  await dovecot.deliver('alice', 'one more');
  await expect(2, '2 unseen messages');
  await dovecot.deliver('alice', 'and one more');
  await expect(3, '3 unseen messages');

  using mailProgram = await dovecot.signIn('alice');
  await mailProgram.select();
  await mailProgram.markSeen('1');
  await aMinuteAfterCounting(2);
  await expect(2, '2 unseen messages');
  await mailProgram.markSeen('1:*');
  await aMinuteAfterCounting(0);
  await expect(0, 'No unseen messages');
});
