import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RespParser, respLimits } from './resp-parser.ts';

function encode(commands: readonly (readonly string[])[]): Buffer {
  return Buffer.concat(
    commands.map(command =>
      Buffer.concat([
        Buffer.from(`*${command.length}\r\n`),
        ...command.map(argument => Buffer.from(`$${Buffer.byteLength(argument)}\r\n${argument}\r\n`)),
      ]),
    ),
  );
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

test('reads the commands of Dovecot’s dict client', () => {
  const parser = new RespParser();
  const bytes = Buffer.from(
    '*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$18\r\nalice/status/INBOX\r\n$12\r\n{"unseen":1}\r\n*1\r\n$4\r\nEXEC\r\n',
  );
  assert.deepEqual(parser.push(bytes), {
    commands: [['MULTI'], ['SET', 'alice/status/INBOX', '{"unseen":1}'], ['EXEC']],
  });
  assert.ok(parser.idle);
});

test('any commands in any pieces come out whole and in order', () => {
  const command = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 10 }), fc.array(fc.nat(2000)), (commands, places) => {
      const parser = new RespParser();
      const got = cut(encode(commands), places).flatMap(piece => {
        const { commands: complete, fault } = parser.push(piece);
        assert.equal(fault, undefined);
        return complete;
      });
      assert.deepEqual(got, commands);
      assert.ok(parser.idle);
    }),
  );
});

test('any bytes at all: it never throws, and is silent after its first fault', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom('*', '$', '\r\n', '\n', '\r', '0', '1', '8', '9', '-1', '999999999', 'SET', ''))
      .map(parts => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 20 }), chunks => {
      const parser = new RespParser();
      let faults = 0;
      for (const chunk of chunks) {
        const { commands, fault } = parser.push(chunk);
        if (faults > 0) assert.deepEqual(commands, []);
        if (fault !== undefined) faults += 1;
        for (const command of commands) assert.ok(command.length <= respLimits.maxArguments);
      }
      assert.ok(faults <= 1);
    }),
    { numRuns: 500 },
  );
});

for (const [what, input, fault] of [
  ['too many arguments', '*9\r\n', /too many arguments/],
  ['a negative length', '*-1\r\n', /malformed/],
  ['an argument that is too long', '*1\r\n$8193\r\n', /too long/],
  ['arguments that are too long together', `*2\r\n$8000\r\n${'x'.repeat(8000)}\r\n$193\r\n`, /too long/],
  ['a length of gigabytes', '*1\r\n$999999999\r\n', /too long/],
  ['a header without an end', `*${'1'.repeat(100)}`, /header is too long/],
  ['an inline command', 'PING\r\n', /"\*" was expected/],
  ['a bulk string that is longer than it says', '*1\r\n$1\r\nab\r\n', /CRLF/],
  ['HTTP', 'GET / HTTP/1.1\r\n', /"\*" was expected/],
] as const) {
  test(`refuses ${what}`, () => {
    const parser = new RespParser();
    assert.match(parser.push(Buffer.from(input)).fault ?? '', fault);
    assert.deepEqual(parser.push(Buffer.from('*1\r\n$4\r\nPING\r\n')), { commands: [] });
  });
}

test('empty arrays are nothing, empty strings are arguments', () => {
  const parser = new RespParser();
  assert.deepEqual(parser.push(Buffer.from('*0\r\n*2\r\n$3\r\nDEL\r\n$0\r\n\r\n')).commands, [['DEL', '']]);
});
