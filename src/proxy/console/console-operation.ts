// What every operation of the console is added to, and how it tells the log what it did.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from '../../runtime/http/api-app.ts';

/** Each operation file exports `addX(app: ConsoleApp, collaborators)`. */
export type ConsoleApp = OpenAPIHono<ApiEnv>;

/** `fields` say on what. */
export type RecordAct = (act: string, fields?: Record<string, unknown>) => void;
