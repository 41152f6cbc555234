import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BrowserFacts, choosePresentation } from './presentation.ts';

const none: BrowserFacts = {
  declarativePush: false,
  appBadge: false,
  chromium: false,
  android: false,
  installed: false,
};

const browsers: readonly [name: string, facts: Partial<BrowserFacts>, expected: string][] = [
  ['Chromium, installed', { chromium: true, appBadge: true, installed: true }, 'badge worker tolerant'],
  ['Chromium, in a tab', { chromium: true, appBadge: true }, 'notification worker tolerant'],
  ['Chromium without the API', { chromium: true, installed: true }, 'notification worker tolerant'],
  [
    'Chrome on Android',
    { chromium: true, appBadge: true, android: true, installed: true },
    'notification worker tolerant',
  ],
  ['Firefox', {}, 'notification worker strict'],
  ['Firefox, should it ever have the API', { appBadge: true, installed: true }, 'notification worker strict'],
  [
    'iPhone 18.4, on the Home Screen',
    { declarativePush: true, appBadge: true, installed: true },
    'notification declarative strict',
  ],
  [
    'Safari 18.5 on a Mac, in a tab',
    { declarativePush: true, appBadge: true },
    'notification declarative strict',
  ],
  ['iPhone 16.4, on the Home Screen', { appBadge: true, installed: true }, 'notification worker strict'],
  [
    'Chromium, should it show declarative messages one day',
    { declarativePush: true, chromium: true, appBadge: true, installed: true },
    'notification declarative strict',
  ],
];

for (const [name, facts, expected] of browsers) {
  test(`${name}: ${expected}`, () => {
    const { presentation, form, mustShow } = choosePresentation({ ...none, ...facts });
    assert.equal([presentation, form, mustShow ? 'strict' : 'tolerant'].join(' '), expected);
  });
}
