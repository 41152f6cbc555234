import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalMailboxName } from './mailbox-name.ts';

const rule = { lowerCase: true, defaultDomain: 'fabrikam.com', stripDomain: false };

test('a name becomes canonical by the rule', () => {
  assert.equal(canonicalMailboxName(' Anna ', rule), 'anna@fabrikam.com');
  assert.equal(canonicalMailboxName('Anna@Sales.test', rule), 'anna@sales.test');
  assert.equal(canonicalMailboxName('Anna', { ...rule, lowerCase: false }), 'Anna@fabrikam.com');
  assert.equal(canonicalMailboxName('anna@sales.test', { ...rule, stripDomain: true }), 'anna');
  assert.equal(canonicalMailboxName('ANNE\u0301@x.test', rule), 'ann\u00e9@x.test');
  assert.equal(canonicalMailboxName('张三@x.test', rule), '张三@x.test');
  assert.equal(canonicalMailboxName('می\u200cخواهم@x.test', rule), 'می\u200cخواهم@x.test');
});

test('no mailbox has a name with what cannot be seen, or a terminal would obey', () => {
  for (const hidden of [
    '\0',
    '\t',
    ' ',
    '\u007f',
    '\u009b',
    '\u00a0',
    '\u200b',
    '\u202e',
    '\u2028',
    '\ufeff',
    '\ud800',
  ]) {
    assert.equal(canonicalMailboxName(`an${hidden}na@x.test`, rule), undefined, JSON.stringify(hidden));
  }
  for (const none of ['', '  ', 'a'.repeat(321)]) assert.equal(canonicalMailboxName(none, rule), undefined);
});
