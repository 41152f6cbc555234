// The demo's page: static files, one event stream that tells the state and each step of a badge, and the few things
// that a person can do. It listens on loopback and takes only JSON, so that no other page can post to it.

import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { DemoState, DemoStep } from './demo-view.ts';

export type DemoActions = {
  send(mail: { from: string; subject: string }): Promise<void>;
  /** False when there is no such message. */
  markRead(uid: number): boolean;
  markUnread(uid: number): boolean;
  delete(uid: number): boolean;
};

export type DemoWatch = {
  state(): DemoState;
  /** Steps so far, oldest first. */
  steps(): readonly DemoStep[];
  onState(callback: (state: DemoState) => void): Disposable;
  onStep(callback: (step: DemoStep) => void): Disposable;
};

const files: Record<string, { file: string; type: string }> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/texts.js': { file: 'texts.js', type: 'text/javascript; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

const mailSchema = z.strictObject({
  // one line each: they become header fields of a message
  from: z.email().max(120),
  subject: z
    .string()
    .min(1)
    .max(120)
    .regex(/^[^\r\n]*$/),
});

export function createDemoPage({ watch, actions }: { watch: DemoWatch; actions: DemoActions }): Hono {
  const app = new Hono();
  for (const [path, { file, type }] of Object.entries(files)) {
    const content = readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8');
    app.get(path, context =>
      context.body(content, 200, {
        'content-type': type,
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      }),
    );
  }

  app.get('/events', context =>
    streamSSE(context, async stream => {
      const ended = Promise.withResolvers<void>();
      stream.onAbort(() => ended.resolve());
      const tell = (event: string, data: unknown): void =>
        void stream.writeSSE({ event, data: JSON.stringify(data) }).catch(() => ended.resolve());
      tell('state', watch.state());
      for (const step of watch.steps()) tell('step', step);
      using _state = watch.onState(state => tell('state', state));
      using _steps = watch.onStep(step => tell('step', step));
      await ended.promise;
    }),
  );

  app.use('*', async (context, next) => {
    // a form of another site can't send this type without a preflight, which nothing here answers
    if (context.req.method === 'POST' && context.req.header('content-type') !== 'application/json') {
      return context.text('only application/json is taken', 415);
    }
    return next();
  });
  app.post('/mail', async context => {
    const mail = mailSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!mail.success) return context.text('the mail needs a from address and a subject', 400);
    await actions.send(mail.data);
    return context.body(null, 204);
  });
  for (const [name, act] of [
    ['read', actions.markRead],
    ['unread', actions.markUnread],
    ['delete', actions.delete],
  ] as const) {
    app.post(`/messages/:uid{[0-9]{1,9}}/${name}`, context =>
      context.body(null, act(Number(context.req.param('uid'))) ? 204 : 404),
    );
  }
  return app;
}
