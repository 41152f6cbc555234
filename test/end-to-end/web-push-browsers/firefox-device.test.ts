// A device with a real Firefox through its life, with the product's own web app: turned on by its button, tested, started
// again, its subscription lost in the two ways in which push services lose them, previews, and what an older message does.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { announced } from '../../fixtures/announcements.ts';
import { AppDevice } from '../../fixtures/app-device.ts';
import type { BrowserProfile } from '../../fixtures/browser-profile.ts';
import { startFirefox } from '../../fixtures/firefox.ts';
import { until } from '../../fixtures/until.ts';
import {
  alice,
  startWebAppStage,
  type WebAppStage,
  webAppStageUnavailable,
} from '../../fixtures/web-app-stage.ts';

const minuteMs = 60_000;

describe('a device with Firefox', { skip: webAppStageUnavailable() ?? false }, () => {
  let stage: WebAppStage;
  let firefox: BrowserProfile;
  let device: AppDevice;
  before(async () => {
    stage = await startWebAppStage();
    firefox = await startFirefox({ pushServerUrl: stage.push.mozilla.serverUrl });
    device = new AppDevice(() => firefox.context, stage.system.proxyUrl);
  });
  after(async () => {
    await firefox?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const subscription = () =>
    stage.push.mozilla.subscriptions.findLast(({ gone }) => !gone) ?? assert.fail('no subscription');

  test('the badge is turned on by one button, and tested by another', async () => {
    await stage.dovecot.deliver('alice', 'one');
    const page = await device.turnBadgeOn(alice);
    await page.getByRole('button', { name: 'Test my badge' }).click();
    await page.getByText('Your badge works').waitFor();
    await device.leave();
    await device.untilNotified('1 unseen message');
  });

  test('a message that comes while the browser is closed is shown when it starts, with no page open', async () => {
    await firefox.close();
    await stage.dovecot.deliver('alice', 'two');
    await stage.dovecot.deliver('alice', 'three');
    const stored = subscription();
    await until('the push service keeps the newest alone', () => {
      return stored.bodies.length >= 3 && stored.storedCount === 1;
    });
    await firefox.reopen();
    await device.untilNotified('3 unseen messages');
  });

  test('an older message that is delivered late changes nothing', async () => {
    const { bodies } = subscription();
    const before = stage.push.mozilla.acks.length;
    subscription().receive({
      messageId: 'late',
      topic: undefined,
      expiresAt: Date.now() + minuteMs,
      body: bodies[1] ?? assert.fail('no body'), // the first is the challenge
    });
    await until('the worker got it', () =>
      stage.push.mozilla.acks.slice(before).some(({ code }) => code === 100),
    );
    await device.untilNotified('3 unseen messages');
  });

  test('a push service that forgot the browser: the worker registers again by itself', async () => {
    const lost = subscription();
    stage.push.mozilla.forgetUserAgents();
    const made = await until('a new subscription', () =>
      stage.push.mozilla.subscriptions.find(({ gone, bodies }) => !gone && bodies.length >= 2),
    );
    assert.notEqual(made, lost);
    await stage.dovecot.deliver('alice', 'four');
    await device.untilNotified('4 unseen messages');
  });

  test('an endpoint that expired at the push service is replaced when the app is opened', async () => {
    const expired = subscription();
    expired.end();
    await stage.dovecot.deliver('alice', 'five');
    await until('the proxy has ended its subscription', async () => {
      const { run, proxyConfigFile } = stage.system;
      const list = await run('proxy', 'subscription', 'list', '--json', '--config', proxyConfigFile);
      return (JSON.parse(list) as { subscriptions: unknown[] }).subscriptions.length === 0;
    });
    const page = await device.open();
    await until('a new subscription', () =>
      stage.push.mozilla.subscriptions.find(({ gone, bodies }) => !gone && bodies.length >= 2),
    );
    await page.getByRole('heading', { name: 'The badge is on' }).waitFor();
    await device.leave();
    await device.untilNotified('5 unseen messages');
  });

  test('previews: sender and subject are on the device, and only bytes at its push service', async () => {
    const page = await device.open();
    await page.getByRole('link', { name: 'Settings' }).click();
    const previews = page.getByLabel('Show sender and subject in notifications');
    await announced(page, 'Saved', () => previews.click());
    await device.leave();
    const from = subscription().bodies.length;
    // A badge waits a second for what the mail server tells of its message; on a busy machine the next may be in time.
    let unseen = 5;
    await until('the preview of the newest message', async () => {
      unseen += 1;
      await stage.dovecot.deliver('alice', `Quarterly figures ${unseen}`);
      const { body } = await until(`${unseen} are shown`, async () => {
        const [notification] = await device.notifications();
        const words = `${notification?.title} ${notification?.body}`;
        return words.includes(`${unseen} unseen messages`) && notification;
      });
      return body.includes(`Quarterly figures ${unseen}`);
    });
    const bodies = subscription().bodies.slice(from);
    assert.ok(bodies.length > 0);
    for (const body of bodies) assert.ok(!body.includes('Quarterly'), 'plain text at the push service');
  });

  test('since viewed: looking at the inbox counts as seen, and what comes then is new', async () => {
    const page = await device.open();
    await page.getByRole('link', { name: 'Settings' }).click();
    const sinceViewed = page.getByLabel('Only what is new since you looked here');
    await announced(page, 'Saved', () => sinceViewed.click());
    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByText('None since you last looked').waitFor();
    await device.leave();
    await stage.dovecot.deliver('alice', 'new');
    await until('one is new', async () => {
      const [notification] = await device.notifications();
      return notification?.body.includes('1 unseen message');
    });
  });

  test('nothing was said against the protocol, nobody was looked for elsewhere', () => {
    assert.deepEqual(stage.push.mozilla.violations, []);
    assert.deepEqual(stage.push.network.unknown, []);
  });
});
