// A Declarative Web Push message as WebKit reads it (webkit.org/blog/16535): `app_badge` and `mutable` stand in
// `notification`. One that says it is such a message and is wrong shows nothing.

import { z } from 'zod';

const declarativeMessageSchema = z.object({
  web_push: z.literal(8030),
  notification: z.object({
    title: z.string().min(1),
    navigate: z.url(),
    dir: z.enum(['auto', 'ltr', 'rtl']).optional(),
    lang: z.string().optional(),
    body: z.string().optional(),
    tag: z.string().optional(),
    icon: z.url().optional(),
    silent: z.boolean().optional(),
    app_badge: z
      .union([z.string().regex(/^\d+$/), z.number().int().min(0)])
      .transform(Number)
      .optional(),
    mutable: z.boolean().optional(),
  }),
});

export type DeclarativeMessage = z.infer<typeof declarativeMessageSchema>['notification'];

/** Undefined: an ordinary message, for the service worker. */
export function readDeclarativeMessage(payload: unknown): DeclarativeMessage | 'malformed' | undefined {
  if (typeof payload !== 'object' || payload === null || !('web_push' in payload)) return undefined;
  return declarativeMessageSchema.safeParse(payload).data?.notification ?? 'malformed';
}
