// What the console's operations find in a request's context, and what they are made with.

import type { Hono } from 'hono';
import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { ApiEnv } from '../../runtime/http/api-app.ts';
import type { clientAddress } from '../../runtime/http/client-address.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { SecretBox } from '../../runtime/secrets.ts';
import type { Passwords } from '../administrators/password.ts';
import type { Session } from '../administrators/sessions.ts';
import type { SignIn } from '../administrators/sign-in.ts';
import type { RelayConfig } from '../config.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { LookUpTxt } from '../organizations/domain-proof.ts';
import type { TrafficCounter } from '../traffic/traffic-counter.ts';
import type { Scope } from './scope.ts';

export type ConsoleEnv = {
  Variables: ApiEnv['Variables'] & {
    /** These two are there behind `requireSession`. */
    session: Session;
    scope: Scope;
  };
  Bindings: ApiEnv['Bindings'];
};

export type ConsoleApp = Hono<ConsoleEnv>;

export type ConsoleParts = {
  db: Kysely<RelaySchema>;
  config: RelayConfig;
  clock: Clock;
  random: Random;
  logger: Logger;
  box: SecretBox;
  passwords: Passwords;
  signIn: SignIn;
  lookUpTxt: LookUpTxt;
  trusted: Parameters<typeof clientAddress>[1];
  /** As the relay's metadata list them: the public VAPID keys. */
  vapidPublicKeys: ReadonlyMap<string, string>;
  traffic: Pick<TrafficCounter, 'write'>;
  /** Lets the relay take up what was changed, as it does after a command's change. */
  changed(): Promise<void>;
};
