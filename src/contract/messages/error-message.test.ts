import assert from 'node:assert/strict';
import test from 'node:test';
import { errorMessage, localeOf } from './error-message.ts';

test('the language follows Accept-Language by quality, and falls back to English', () => {
  const cases: [header: string | null, expected: string][] = [
    [null, 'en'],
    ['', 'en'],
    ['fr', 'en'],
    ['zh-CN', 'zh-Hans'],
    ['zh-TW,zh;q=0.9', 'zh-Hant'],
    ['zh-Hant-HK', 'zh-Hant'],
    ['zh', 'zh-Hans'],
    ['en;q=0.5, zh-Hans;q=0.8', 'zh-Hans'],
    ['zh;q=0, en', 'en'],
    ['fr, zh-MO;q=0.1', 'zh-Hant'],
    [';;;q=,,,', 'en'],
  ];
  for (const [header, expected] of cases) assert.equal(localeOf(header), expected, String(header));
});

test('a code without words in a language keeps the English ones', () => {
  assert.equal(errorMessage('sign-in-refused', 'zh-Hant').meaning, '使用者名稱或密碼錯誤');
  assert.equal(
    errorMessage('database-newer-schema', 'zh-Hans').meaning,
    errorMessage('database-newer-schema', 'en').meaning,
  );
});
