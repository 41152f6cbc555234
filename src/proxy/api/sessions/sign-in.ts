// POST /v1/sessions: a person proves the mailbox's own credential, at the mail server itself. An unknown user and a
// wrong password are one refusal, reached by the same way. A web app gets its session in a cookie, and only its own
// page may ask for that: another site could otherwise sign the browser in to a mailbox of its own. Where the proxy keeps
// each mailbox's password, no session outlives it: a new one signs out whoever has only proven the one before.

import { createRoute } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { signInRequestSchema, signInResponseSchema } from '../../../contract/devices.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../../runtime/http/json-content.ts';
import type { SessionCookie } from '../../../runtime/http/session-cookie.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { Secret, type SecretBox } from '../../../runtime/secrets.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { MailboxSource } from '../../mailboxes/mailbox-source.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp, DeviceEnv } from '../device-app.ts';
import { problemResponses } from '../device-operation.ts';
import type { CookieTokens } from './cookie-tokens.ts';
import {
  type Credential,
  credentialBefore,
  passwordPurpose,
  storeMailboxAccount,
} from './mailbox-account.ts';
import { assertOwnPage } from './require-session.ts';
import type { DeviceOfMailbox, Sessions } from './sessions.ts';
import type { SignInAttempt, SignInThrottle } from './sign-in-throttle.ts';

/** Credentials that the mail server is asked about at the same time, whoever asks. */
const checkedAtOnce = 64;

export const signInRoute = createRoute({
  method: 'post',
  path: '/v1/sessions',
  operationId: 'signIn',
  summary: "Sign in with the mailbox's own user name and password",
  request: { body: jsonBody(signInRequestSchema) },
  responses: {
    201: jsonAnswer('Signed in, for 90 days', signInResponseSchema),
    ...problemResponses(
      ['sign-in-refused', 'sign-in-throttled', 'cross-site-request', 'mail-server-unreachable', 'overloaded'],
      { session: false },
    ),
  },
});

export type SignInCollaborators = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  logger: Logger;
  secrets: SecretBox;
  sessions: Sessions;
  cookieTokens: CookieTokens;
  cookie: SessionCookie;
  subscriptions: Pick<Subscriptions, 'endDevice' | 'passwordChanged'>;
  /** Of the proxy, as browsers know it. */
  publicOrigin: string;
  throttle: SignInThrottle;
  source: Pick<MailboxSource, 'signIn' | 'needsPassword'>;
  canonicalName(signInName: string): string | undefined;
  clientAddress(bindings: DeviceEnv['Bindings']): string;
  /** A password may have changed. */
  mailboxesChanged(): void;
};

export function addSignIn(app: DeviceApp, collaborators: SignInCollaborators): void {
  const { db, clock, logger, secrets, sessions, cookie, source, mailboxesChanged } = collaborators;
  let checking = 0;

  /** Asks the mail server. Throws `overloaded`, `mail-server-unreachable`. */
  async function accepts({ mailboxId, signInName, password }: Credential, traceId: string): Promise<boolean> {
    if (checking >= checkedAtOnce) {
      throw new AppError('overloaded', 'too many people sign in at this moment', { retryAfterMs: 5000 });
    }
    checking++;
    const result = await source.signIn(signInName, password).finally(() => checking--);
    if (result.outcome !== 'unreachable') return result.outcome === 'accepted';
    logger.warn({ traceId, mailboxId, error: result.detail }, 'the mail server cannot check a credential');
    throw new AppError('mail-server-unreachable', 'the mail server cannot be asked at the moment', {
      hint: 'try again later; the password was not checked',
      retryAfterMs: 5000,
    });
  }

  /** Another password alone says nothing, since people have one for each app; that the one before is refused does. */
  async function isNew(credential: Credential, traceId: string): Promise<boolean> {
    const before = await credentialBefore({ db, secrets }, credential);
    return before !== undefined && !(await accepts(before, traceId));
  }

  /** Whoever was signed in with this browser is not any more, and the icon is not theirs. */
  async function leaveBefore(token: string | undefined, device: DeviceOfMailbox): Promise<void> {
    const before = token === undefined ? undefined : await collaborators.cookieTokens.find(token);
    if (before?.kind !== 'live') return;
    const { mailboxId, installationId } = before.session;
    if (mailboxId === device.mailboxId && installationId === device.installationId) return;
    await collaborators.subscriptions.endDevice({ mailboxId, installationId, reason: 'signed-out' });
    await sessions.end(before.session, 'signed-out');
  }

  app.openapi(signInRoute, async context => {
    const { user, password: given, installationId, deviceName, sessionIn } = context.req.valid('json');
    if (sessionIn === 'cookie') assertOwnPage(context, collaborators.publicOrigin);
    const signInName = user.trim();
    const mailboxId = collaborators.canonicalName(signInName);
    if (mailboxId === undefined) throw refused();
    const address = collaborators.clientAddress(context.env);
    const attempt = collaborators.throttle.begin({
      mailbox: mailboxId,
      address,
      known: await sessions.knows({ mailboxId, installationId }),
    });
    if (typeof attempt === 'number') throw throttled(attempt);
    const password = new Secret(given);
    const credential = { mailboxId, signInName, password };
    const traceId = context.get('traceId');
    if (!(await settled(attempt, () => accepts(credential, traceId)))) {
      logger.info({ traceId, mailboxId, address }, 'sign-in refused');
      throw refused();
    }
    if (source.needsPassword && (await isNew(credential, traceId))) {
      const others = await collaborators.subscriptions.passwordChanged({ mailboxId, installationId });
      logger.info({ traceId, mailboxId, ...others }, 'a new password: the other devices were signed out');
    }
    const device = { mailboxId, installationId };
    if (sessionIn === 'cookie') await leaveBefore(cookie.read(context), device);
    const sealedPassword = source.needsPassword
      ? secrets.seal(passwordPurpose(mailboxId), password.reveal())
      : null;
    // Both or none: a password without a session is forgotten.
    const { token, expiresAt } = await db.transaction().execute(async transaction => {
      await storeMailboxAccount(transaction, { mailboxId, signInName, sealedPassword, now: clock.now() });
      return sessions.open({ ...device, deviceName, sentIn: sessionIn }, transaction);
    });
    logger.info({ traceId, mailboxId, address }, 'signed in');
    if (source.needsPassword) mailboxesChanged();
    const answer = { mailbox: mailboxId, expiresAt };
    if (sessionIn === 'body') return context.json({ session: token.reveal(), ...answer }, 201);
    cookie.give(context, token, { maxAgeMs: expiresAt - clock.now() });
    return context.json(answer, 201);
  });
}

/** Tells the throttle how the attempt ended, whatever happens. */
async function settled(attempt: SignInAttempt, check: () => Promise<boolean>): Promise<boolean> {
  try {
    const accepted = await check();
    if (accepted) attempt.succeeded();
    return accepted;
  } catch (error) {
    attempt.undecided();
    throw error;
  }
}

function refused(): AppError {
  return new AppError('sign-in-refused', 'the mail server does not accept this user name and password', {
    hint: 'check both; they are those of the mailbox itself',
  });
}

function throttled(retryAfterMs: number): AppError {
  return new AppError('sign-in-throttled', 'too many failed sign-ins', {
    hint: `wait ${Math.ceil(retryAfterMs / 1000)} s and try again`,
    retryAfterMs,
  });
}
