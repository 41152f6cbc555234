import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { ndjsonStream } from './ndjson-stream.ts';

async function linesOf(stream: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const text = await new Response(stream).text();
  if (text === '') return [];
  assert.ok(text.endsWith('\n'));
  return text
    .slice(0, -1)
    .split('\n')
    .map(line => JSON.parse(line));
}

test('whatever is written, whenever, is read as one JSON value per line, in order', async () => {
  const writes = fc.array(fc.record({ value: fc.jsonValue(), later: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(writes, async steps => {
      const stream = ndjsonStream(async write => {
        for (const { value, later } of steps) {
          if (later) await nextTurn();
          write(value);
        }
      });
      const expected = steps.map(({ value }) => JSON.parse(JSON.stringify(value)));
      assert.deepEqual(await linesOf(stream), expected);
    }),
  );
});

test('a line leaves although the next one is not known yet', async () => {
  const never = Promise.withResolvers<void>();
  const stream = ndjsonStream(write => {
    write({ id: 1 });
    return never.promise;
  });
  const reader = stream.getReader();
  const first = await reader.read();
  assert.equal(new TextDecoder().decode(first.value), '{"id":1}\n');
  await reader.cancel();
});

test('when the reader has gone, the work goes on', async () => {
  const gone = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const stream = ndjsonStream(async write => {
    await gone.promise;
    write({ id: 1 });
    await nextTurn();
    write({ id: 2 });
    done.resolve();
  });
  await stream.cancel();
  gone.resolve();
  await done.promise;
});
