// Two people, one browser: nothing of the first stays for the second, on the icon, in the browser or at the proxy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppDevice } from '../../fixtures/app-device.ts';
import { installApp, readBadge, startPushChromium } from '../../fixtures/push-chromium.ts';
import { until } from '../../fixtures/until.ts';
import { alice, bob, startWebAppStage, webAppStageUnavailable } from '../../fixtures/web-app-stage.ts';

test('who signs out leaves nothing behind for who signs in next', {
  skip: webAppStageUnavailable() ?? false,
}, async () => {
  await using stage = await startWebAppStage();
  const { dovecot, push, system } = stage;
  await using chromium = await startPushChromium({ switches: push.google.switches });
  const device = new AppDevice(() => chromium.context, system.proxyUrl);
  const { manifestId } = device;
  const untilBadge = (count: number) =>
    until(`the icon shows ${count}`, async () => (await readBadge(chromium, manifestId)) === count);
  const subscribed = async () => {
    const list = await system.run(
      'proxy',
      'subscription',
      'list',
      '--json',
      '--config',
      system.proxyConfigFile,
    );
    return (JSON.parse(list) as { subscriptions: { mailbox: string }[] }).subscriptions.map(
      ({ mailbox }) => mailbox,
    );
  };

  await installApp(chromium, { manifestId, url: manifestId });
  for (const subject of ['one', 'two']) await dovecot.deliver('alice', subject);
  const page = await device.turnBadgeOn(alice);
  await untilBadge(2);
  const another = await chromium.context.newPage();
  await another.goto(manifestId);
  await another.getByRole('heading', { name: '2 unseen messages' }).waitFor();

  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  const begunAnew = [page, another].map(window => window.waitForEvent('load'));
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await Promise.all(begunAnew);
  for (const window of [page, another])
    await window.getByRole('heading', { name: 'Your unseen mail, on your home screen' }).waitFor();
  await untilBadge(0);
  assert.deepEqual(await subscribed(), []);
  assert.deepEqual(await chromium.context.cookies(), []);
  const kept = await page.evaluate(async () => {
    const opening = indexedDB.open('mailbadge');
    await new Promise(resolve => opening.addEventListener('success', resolve));
    const reading = opening.result.transaction('state').objectStore('state').getAll();
    await new Promise(resolve => reading.addEventListener('success', resolve));
    const registration = await navigator.serviceWorker.ready;
    return {
      stored: JSON.stringify([reading.result, { ...localStorage }]),
      caches: await caches.keys(),
      notifications: (await registration.getNotifications()).length,
      pushAddress: await registration.pushManager.getSubscription(),
    };
  });
  assert.doesNotMatch(kept.stored, /alice/);
  assert.deepEqual([kept.caches.length, kept.notifications, kept.pushAddress], [1, 0, null]);

  await device.turnBadgeOn(bob, page);
  await another.getByText('bob').first().waitFor();
  await dovecot.deliver('alice', 'three');
  await dovecot.deliver('bob', 'for bob');
  await untilBadge(1);
  await page.getByRole('heading', { name: '1 unseen message', exact: true }).waitFor();
  assert.deepEqual(await subscribed(), ['bob']);
});
