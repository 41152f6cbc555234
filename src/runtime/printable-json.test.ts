import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';
import { printableJson } from './printable-json.ts';

const hostile = 'a\u001b[2Jb\u009b2Jc\u202Ed\r\n\u2028e\u{E0041}f\u007f';
const obeyed = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test('a document keeps its value, and has nothing that a terminal would obey', () => {
  const value = { [hostile]: [hostile, '张三'] };
  const printed = printableJson(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(printed), value);
  assert.doesNotMatch(printed, obeyed);
});

test('a log line is one line, whatever stands in its fields and message', () => {
  const lines: string[] = [];
  const logger = createLogger({ name: 'test', destination: { write: line => void lines.push(line) } });
  logger.child({ child: hostile }).info({ mailboxId: hostile, nested: { [hostile]: hostile } }, hostile);
  assert.equal(lines.length, 1);
  const [line = ''] = lines;
  assert.match(line, /^[^\n]*\n$/);
  assert.doesNotMatch(line, obeyed);
  const { child, mailboxId, nested, msg } = JSON.parse(line);
  assert.deepEqual(
    { child, mailboxId, nested, msg },
    {
      child: hostile,
      mailboxId: hostile,
      nested: { [hostile]: hostile },
      msg: hostile,
    },
  );
});
