// Real browsers as judges of what the relay sends: subscriptions that they made, messages that they decrypt (RFC 8291),
// a sender that their push services know by its key (RFC 8292), topics and times to live (RFC 8030).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { BrowserProfile } from '../../fixtures/browser-profile.ts';
import { type PushServices, startPushServices } from '../../fixtures/browser-push/push-services.ts';
import { chromiumUnavailable } from '../../fixtures/chromium.ts';
import { firefoxUnavailable, startFirefox } from '../../fixtures/firefox.ts';
import { installApp, readBadge, startPushChromium } from '../../fixtures/push-chromium.ts';
import { PushSender, type SubscriptionJson } from '../../fixtures/push-sender.ts';
import { openPushSite, PushSite, subscribeAt } from '../../fixtures/push-site/push-site.ts';
import { until } from '../../fixtures/until.ts';

const browsers = [
  {
    name: 'Firefox',
    unavailable: firefoxUnavailable(),
    start: ({ mozilla }: PushServices) => startFirefox({ pushServerUrl: mozilla.serverUrl }),
    service: ({ mozilla }: PushServices) => mozilla,
  },
  {
    name: 'Chromium',
    unavailable: chromiumUnavailable(),
    start: ({ google }: PushServices) => startPushChromium({ switches: google.switches }),
    service: ({ google }: PushServices) => google,
  },
];

for (const { name, unavailable, start, service } of browsers) {
  describe(`Web Push to ${name}`, { skip: unavailable ?? false }, () => {
    let services: PushServices;
    let site: PushSite;
    let sender: PushSender;
    let browser: BrowserProfile;
    let page: Page;
    let subscription: SubscriptionJson;
    before(async () => {
      services = await startPushServices();
      site = await PushSite.start();
      sender = new PushSender(services.network);
      browser = await start(services);
      page = await openPushSite(browser, site);
      subscription = await subscribeAt(page, sender.vapidPublicKey);
    });
    after(async () => {
      await browser?.[Symbol.asyncDispose]();
      await sender?.[Symbol.asyncDispose]();
      await site?.[Symbol.asyncDispose]();
      await services?.[Symbol.asyncDispose]();
    });

    const deliver = async (text: string, options: Parameters<PushSender['send']>[2] = {}): Promise<void> => {
      const answer = await sender.send(subscription, text, options);
      assert.equal(answer.kind, 'accepted', JSON.stringify(answer));
      await site.untilReceived(text);
    };

    test('what we encrypt is decrypted, of each size', async () => {
      await deliver(JSON.stringify({ badge: 3, title: '三封未读邮件 ✉' }));
      await deliver('x'.repeat(257));
      await deliver('y'.repeat(3993)); // with header and tag 4096 bytes: the largest body that a service must take
      const { bodies } = service(services).subscriptions[0] ?? assert.fail('no subscription');
      assert.deepEqual(
        bodies.map(({ length }) => length),
        [359, 1127, 4096],
      );
    });

    test('a byte too much is refused before it is sent', async () => {
      const answer = await sender.sendBody(subscription, Buffer.alloc(4097));
      assert.deepEqual(answer, { kind: 'unacceptable', reason: 'too-large', tooLarge: true });
    });

    test('a sender with another key is refused', async () => {
      await using foreign = new PushSender(services.network);
      assert.deepEqual(await foreign.send(subscription, 'foreign'), {
        kind: 'misconfigured',
        reason: 'vapid-refused',
      });
    });

    test('with no page open the worker is woken', async () => {
      await page.goto('about:blank');
      await deliver('to nobody who looks');
    });

    test('a closed browser gets the newest of a topic when it is started, and nothing with TTL 0', async () => {
      await browser.close();
      await until('its connection is gone', () => service(services).connectedCount === 0);
      const topic = 'icon';
      for (const text of ['first', 'second', 'newest'])
        assert.equal((await sender.send(subscription, text, { topic })).kind, 'accepted');
      assert.equal((await sender.send(subscription, 'now or never', { ttlMs: 0 })).kind, 'accepted');
      await browser.reopen();
      await site.untilReceived('newest');
      assert.deepEqual(
        site.texts.filter(text => ['first', 'second', 'now or never'].includes(text)),
        [],
      );
      // Chromium tells what it had at its login, and of the newest only later
      const [made] = service(services).subscriptions;
      await until('the others are acknowledged', () => (made?.storedCount ?? 9) <= 1);
      assert.equal(new Set(site.texts).size, site.texts.length, 'nothing came twice');
    });

    if (name === 'Chromium')
      test('the badge that a worker sets is the number on the installed app', async () => {
        await installApp(browser, { manifestId: site.url, url: site.url });
        for (const badge of [3, 1, 250, 0]) {
          await deliver(JSON.stringify({ badge, title: 'badge' }));
          await until(`the badge is ${badge}`, async () => (await readBadge(browser, site.url)) === badge);
        }
      });

    test('after unsubscribing the endpoint is gone', async () => {
      page = await openPushSite(browser, site);
      assert.equal(await page.evaluate('site.unsubscribe()'), true);
      const gone = await until('the service has heard of it', async () => {
        const answer = await sender.send(subscription, 'late');
        return answer.kind === 'gone' && answer;
      });
      assert.equal(gone.reason, 'subscription-gone');
    });

    test('nothing was said against the protocol, nobody was looked for elsewhere', () => {
      assert.deepEqual(service(services).violations, []);
      assert.deepEqual(services.network.unknown, []);
    });
  });
}
