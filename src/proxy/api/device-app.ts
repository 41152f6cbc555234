// The proxy's HTTP application for devices and what its operations find in a request's context.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from '../../runtime/http/api-app.ts';

/** Whose device calls: from the session token, never from a request's body. */
export type DeviceSession = {
  mailboxId: string;
  installationId: string;
  expiresAt: number;
};

export type DeviceEnv = {
  Variables: ApiEnv['Variables'] & {
    /** Set by `requireSession`. */
    session: DeviceSession;
  };
  Bindings: ApiEnv['Bindings'];
};

/** Each operation file exports `addX(app: DeviceApp, collaborators)`. */
export type DeviceApp = OpenAPIHono<DeviceEnv>;
