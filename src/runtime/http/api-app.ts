// The frame of every HTTP API of ours: a Hono application whose operations are described by zod (so the OpenAPI
// document and the validation cannot differ), with a trace id per request, problem documents for all errors, and a
// bound on the body before anything reads it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { OpenAPIHono } from '@hono/zod-openapi';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Random } from '../random.ts';
import { limitBody } from './limit-body.ts';
import { answerProblem } from './problem.ts';

export type ApiEnv = {
  Variables: { traceId: string };
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse };
};

export type ApiOptions = {
  logger: Logger;
  random: Random;
  bodyBytes: number;
  /** The path whose operation bounds its body itself. */
  boundsItself?: string;
};

/** `Env` may add variables of its own, such as the verified caller. */
export function createApiApp<Env extends ApiEnv = ApiEnv>({
  logger,
  random,
  bodyBytes,
  boundsItself,
}: ApiOptions): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({
    defaultHook: result => {
      if (result.success) return;
      const [issue] = result.error.issues;
      const path = issue?.path.map(String).join('.') ?? '';
      throw new AppError(
        'invalid-request',
        `${path === '' ? 'the request' : `"${path}"`}: ${issue?.message ?? 'is malformed'}`,
        {
          hint: 'the API reference lists every member and its form',
        },
      );
    },
  });
  app.use(async (context, next) => {
    const given = context.req.header('traceparent')?.split('-')[1]; // W3C Trace Context §3.2
    const traceId =
      given !== undefined && /^[0-9a-f]{32}$/.test(given) ? given : random.bytes(16).toString('hex');
    context.set('traceId', traceId);
    await next();
    context.res.headers.set('trace-id', traceId);
    context.res.headers.set('x-content-type-options', 'nosniff');
  });
  const limit = limitBody(bodyBytes);
  app.use((context, next) => (context.req.path === boundsItself ? next() : limit(context, next)));
  app.notFound(context => {
    const error = new AppError('not-found', `nothing is at ${context.req.method} ${context.req.path}`);
    return answerProblem(error, context, { logger, traceId: context.get('traceId') });
  });
  app.onError((error, context) => answerProblem(error, context, { logger, traceId: context.get('traceId') }));
  return app;
}

/** At /openapi.json. Written once: whoever asks for it again and again costs next to nothing. */
export function serveApiDocument<Env extends ApiEnv>(app: OpenAPIHono<Env>, document: object): void {
  const text = JSON.stringify(document);
  app.get('/openapi.json', context => context.body(text, 200, { 'content-type': 'application/json' }));
}
