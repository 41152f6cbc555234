// The relay's HTTP application and what its operations find in a request's context.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from '../../runtime/http/api-app.ts';
import type { Caller } from '../organizations/caller.ts';

export type RelayEnv = {
  Variables: ApiEnv['Variables'] & {
    /** Set by `requireCaller` (access token); absent on public operations. */
    caller: Caller;
  };
  Bindings: ApiEnv['Bindings'];
};

/** Each operation file exports `addX(app: RelayApp, collaborators)`. */
export type RelayApp = OpenAPIHono<RelayEnv>;
