// What Firefox alone does, or alone tells its push service: it ends a subscription after 16 silent pushes, reports what
// it cannot decrypt, comes back after a dropped connection, and loses what a service forgot. The product is built on
// these facts; here they are looked at.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { BrowserProfile } from '../../fixtures/browser-profile.ts';
import { type PushServices, startPushServices } from '../../fixtures/browser-push/push-services.ts';
import { firefoxUnavailable, startFirefox } from '../../fixtures/firefox.ts';
import { PushSender, type SubscriptionJson } from '../../fixtures/push-sender.ts';
import { openPushSite, PushSite, subscribeAt } from '../../fixtures/push-site/push-site.ts';
import { until } from '../../fixtures/until.ts';

describe('Firefox and its push service', { skip: firefoxUnavailable() ?? false }, () => {
  let services: PushServices;
  let sites: PushSite[];
  let sender: PushSender;
  let browser: BrowserProfile;
  before(async () => {
    services = await startPushServices();
    sites = [await PushSite.start(), await PushSite.start()];
    sender = new PushSender(services.network);
    browser = await startFirefox({ pushServerUrl: services.mozilla.serverUrl });
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await sender?.[Symbol.asyncDispose]();
    for (const site of sites ?? []) await site[Symbol.asyncDispose]();
    await services?.[Symbol.asyncDispose]();
  });

  async function subscribe(
    site: PushSite | undefined,
  ): Promise<{ page: Page; subscription: SubscriptionJson }> {
    const page = await openPushSite(browser, site ?? assert.fail('no site'));
    return { page, subscription: await subscribeAt(page, sender.vapidPublicKey) };
  }

  const send = async (to: SubscriptionJson, text: string) => (await sender.send(to, text)).kind;

  test('what it cannot decrypt is accepted and then reported to the service alone', async () => {
    const [site] = sites;
    const { subscription } = await subscribe(site);
    const { mozilla } = services;
    const body = Buffer.alloc(300, 7);
    assert.equal((await sender.sendBody(subscription, body)).kind, 'accepted');
    await until('a decryption error', () => mozilla.acks.find(({ code }) => code === 101));
    assert.equal(await send(subscription, 'readable'), 'accepted');
    await site?.untilReceived('readable');
    assert.deepEqual(site?.texts, ['readable']);
    await until('a delivery', () => mozilla.acks.find(({ code }) => code === 100));
  });

  test('a dropped connection is made again', async () => {
    const [site] = sites;
    const { subscription } = await subscribe(site);
    const { hellos } = services.mozilla;
    services.mozilla.dropConnections();
    assert.equal(await send(subscription, 'while away'), 'accepted');
    await site?.untilReceived('while away');
    assert.ok(services.mozilla.hellos > hellos);
  });

  test('two user contexts are two devices', async () => {
    const [site] = sites;
    const context = await browser.context.browser()?.newContext();
    const page = await context?.newPage();
    await page?.goto(site?.url ?? '');
    const other = await subscribeAt(page ?? assert.fail('no page'), sender.vapidPublicKey);
    const { subscription } = await subscribe(site);
    assert.notEqual(other.endpoint, subscription.endpoint);
    assert.equal(await send(other, 'to the other'), 'accepted');
    await site?.untilReceived('to the other');
    await context?.close();
  });

  test('after 16 silent pushes with no page open the subscription is gone', async () => {
    const [site, silent] = sites;
    const { page, subscription } = await subscribe(silent);
    await page.goto(site?.url ?? '');
    const { unregistrations } = services.mozilla;
    for (let number = 1; number <= 16; number += 1) {
      assert.equal(await send(subscription, `silent ${number}`), 'accepted');
      await silent?.untilReceived(`silent ${number}`);
    }
    await until('the browser ends the subscription and says why', () =>
      unregistrations.some(({ code }) => code === 201),
    );
    assert.equal(await send(subscription, 'one more'), 'gone');
  });

  test('a service that has forgotten it: the subscription is lost, and the worker is told', async () => {
    const [site] = sites;
    const { page, subscription } = await subscribe(site);
    services.mozilla.forgetUserAgents();
    await until('it is back', () => services.mozilla.connectedCount === 1);
    assert.equal(await send(subscription, 'lost'), 'gone');
    await until('it knows', async () => (await page.evaluate('site.hasSubscription()')) === false);
    await until('the worker is told', () =>
      site?.reports.some(
        report => report.event === 'pushsubscriptionchange' && report.oldEndpoint === subscription.endpoint,
      ),
    );
  });

  test('nothing was said against the protocol, nobody was looked for elsewhere', () => {
    assert.deepEqual(services.mozilla.violations, []);
    assert.deepEqual(services.network.unknown, []);
  });
});
