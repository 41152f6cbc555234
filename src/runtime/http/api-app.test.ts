import assert from 'node:assert/strict';
import test from 'node:test';
import { createRoute, z } from '@hono/zod-openapi';
import { AppError } from '../errors.ts';
import { createLogger, silentLogger } from '../logger.ts';
import { systemRandom } from '../random.ts';
import { createApiApp, serveApiDocument } from './api-app.ts';

function app(logger = silentLogger) {
  const made = createApiApp({ logger, random: systemRandom, bodyBytes: 100 });
  const body = {
    content: { 'application/json': { schema: z.strictObject({ n: z.number() }) } },
    required: true,
  };
  made.openapi(
    createRoute({ method: 'post', path: '/n', request: { body }, responses: { 200: { description: 'ok' } } }),
    context => context.json(context.req.valid('json').n),
  );
  made.get('/defect', () => {
    throw new Error('password=hunter2');
  });
  made.get('/later', () => {
    throw new AppError('too-many-requests', 'slow down', { retryAfterMs: 1500, hint: 'wait' });
  });
  return made;
}
const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  app().request('/n', { method: 'POST', body, headers });

test('bad input is answered by a problem document that names the place, never by 500', async () => {
  const cases: [body: string, status: number, detail: RegExp][] = [
    ['{"n":1,"m":2}', 400, /m/],
    ['{"n":"1"}', 400, /"n"/],
    ['{', 400, /JSON/i],
    ['', 400, /./],
    [`{"n":${'1'.repeat(200)}}`, 413, /larger than 100 bytes/],
  ];
  for (const [body, status, detail] of cases) {
    const response = await post(body);
    const problem = (await response.json()) as { code: string; detail: string; traceId: string };
    assert.equal(response.status, status, body);
    assert.match(problem.detail, detail);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.equal(problem.traceId, response.headers.get('trace-id'));
  }
});

test('a defect of ours answers 500 without its text, which only the log has', async () => {
  const lines: string[] = [];
  const response = await app(
    createLogger({ name: 'test', destination: { write: line => void lines.push(line) } }),
  ).request('/defect');
  assert.equal(response.status, 500);
  assert.ok(!(await response.text()).includes('hunter2'));
  assert.match(lines.join(''), /hunter2/);
});

test('a delay becomes Retry-After in whole seconds, and the hint reaches the caller', async () => {
  const response = await app().request('/later');
  assert.equal(response.status, 429);
  assert.equal(response.headers.get('retry-after'), '2');
  assert.equal(((await response.json()) as { hint: string }).hint, 'wait');
});

test("a caller's trace id is taken over when it is one", async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const taken = await app().request('/none', {
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  assert.equal(taken.headers.get('trace-id'), traceId);
  const refused = await app().request('/none', { headers: { traceparent: '00-<script>-1-1' } });
  assert.match(refused.headers.get('trace-id') ?? '', /^[0-9a-f]{32}$/);
});

test('no answer is taken for another type than it says, refusals and defects included', async () => {
  const made = app();
  serveApiDocument(made, { openapi: '3.1.0' });
  for (const [path, status] of [
    ['/openapi.json', 200],
    ['/nothing', 404],
    ['/later', 429],
    ['/defect', 500],
  ] as const) {
    const answer = await made.request(path);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
  }
});
