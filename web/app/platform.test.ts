import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installGuideOf, installHintOf, permissionGuideOf, platformOf } from './platform.ts';

const agents: readonly [what: string, agent: string, touchPoints: number, name: string, guides: string][] = [
  [
    'Safari on an iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    5,
    'iPhone',
    'ios ios',
  ],
  [
    'an iPad that calls itself a Mac',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    5,
    'iPad',
    'ios ios',
  ],
  [
    'Safari on a Mac',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    0,
    'Mac · Safari',
    'safari-mac safariMac',
  ],
  [
    'Chrome on an iPhone, which is Safari inside',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/139.0 Mobile/15E148 Safari/604.1',
    5,
    'iPhone',
    'ios ios',
  ],
  [
    'Chrome on Android',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36',
    5,
    'Android · Chrome',
    'android android',
  ],
  [
    'Edge on Windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0',
    0,
    'Windows · Edge',
    'chromium desktop',
  ],
  [
    'Firefox on Linux, which installs no web app',
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    0,
    'Linux · Firefox',
    'firefox undefined',
  ],
  ['nothing that is known', 'curl/8', 0, '', 'chromium undefined'],
];

for (const [what, userAgent, maxTouchPoints, name, guides] of agents) {
  test(`platform: ${what}`, () => {
    const platform = platformOf({ userAgent, maxTouchPoints });
    assert.equal(platform.name, name);
    assert.equal(`${permissionGuideOf(platform)} ${installGuideOf(platform)}`, guides);
  });
}

test('the hint to install goes once that is done or put off, which nobody with an iPhone can', () => {
  const phone = { system: 'android', browser: 'chromium', name: '' } as const;
  const iPhone = { system: 'ios', browser: 'safari', name: '' } as const;
  const asked = { standalone: false, putOff: false };
  assert.deepEqual(installHintOf(phone, asked), { guide: 'android', needed: false });
  assert.equal(installHintOf(phone, { ...asked, putOff: true }), undefined);
  assert.equal(installHintOf(phone, { ...asked, standalone: true }), undefined);
  assert.deepEqual(installHintOf(iPhone, { ...asked, putOff: true }), { guide: 'ios', needed: true });
  assert.equal(installHintOf(iPhone, { ...asked, standalone: true }), undefined);
  const firefox = { system: 'linux', browser: 'firefox', name: '' } as const;
  assert.equal(installHintOf(firefox, asked), undefined);
});
