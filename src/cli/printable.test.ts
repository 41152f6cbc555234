import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableLines } from './printable.ts';

const hostile = 'a\u001b[2Jb\u009b2Jc\u202Ed\r\u2028e\u{E0041}f';

test('what a terminal would obey is not printed', () => {
  assert.equal(printable(`${hostile}\n\t`), 'a\uFFFD[2Jb\uFFFD2Jc\uFFFDd\uFFFD\uFFFDe\uFFFDf\uFFFD\uFFFD');
  assert.equal(printableLines(`${hostile}\n\tgood`), `${printable(hostile)}\n\tgood`);
  assert.equal(printableLines('张三 <z@x.cn>: Grüße'), '张三 <z@x.cn>: Grüße');
});
