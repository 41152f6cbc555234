// One request to the token endpoint (of the relay, or of the authorization server chosen instead) and the judgement
// of its answer.

import { Configuration, clientCredentialsGrant, ResponseBodyError } from 'openid-client';
import { describeError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Random } from '../../../runtime/random.ts';
import { Secret } from '../../../runtime/secrets.ts';
import { assertionAudience } from '../auth-servers/auth-server.ts';
import { isErrorCode, malformedAnswer, type RelayFailure, synchronizeClock } from '../relay/relay-failure.ts';
import type { RelayConnection } from '../relay/relay-trust.ts';
import { clientAssertion } from './client-assertion.ts';
import { OauthTransport } from './oauth-transport.ts';

export type TokenGrant =
  | { kind: 'granted'; accessToken: Secret; lifetimeMs: number }
  | { kind: 'failed'; failure: RelayFailure };

export async function requestToken(
  { pin, enrolment, key, authServer }: RelayConnection,
  {
    http,
    now,
    random,
    timeoutMs,
    signal,
  }: { http: HttpClient; now: number; random: Random; timeoutMs: number; signal: AbortSignal },
): Promise<TokenGrant> {
  const { issuer, tokenEndpoint } = authServer;
  const url = new URL(tokenEndpoint);
  const configuration = new Configuration(
    { issuer, token_endpoint: tokenEndpoint },
    enrolment.applicationId,
    {},
    clientAssertion(key, { issuer: assertionAudience(authServer), now, random }),
  );
  const transport = new OauthTransport({ http, timeoutMs, signal });
  transport.carry(configuration, url);
  try {
    const answer = await clientCredentialsGrant(configuration, { resource: pin.publishAudience });
    const { access_token: accessToken, expires_in: lifetimeSeconds } = answer;
    if (lifetimeSeconds === undefined) {
      return { kind: 'failed', failure: malformedAnswer(url, 'its token has no lifetime') };
    }
    return { kind: 'granted', accessToken: new Secret(accessToken), lifetimeMs: lifetimeSeconds * 1000 };
  } catch (error) {
    if (transport.failure !== undefined) return { kind: 'failed', failure: transport.failure };
    if (error instanceof ResponseBodyError) return { kind: 'failed', failure: oauthFailure(error) };
    return { kind: 'failed', failure: malformedAnswer(url, describeError(error)) };
  }
}

/** RFC 6749 §5.2; `code` is the relay's own, more precise member. */
function oauthFailure({ error, error_description: description, cause }: ResponseBodyError): RelayFailure {
  const named = cause['code'];
  const code = typeof named === 'string' && isErrorCode(named) ? named : undefined;
  const text = description === undefined ? error : `${error}: ${description}`;
  if (code === 'clock-skewed') {
    return { code, message: `the relay refuses this proxy's proof (${text})`, hint: synchronizeClock };
  }
  if (code === 'organization-inactive') {
    return { code, message: `the relay refuses an access token (${text})`, hint: 'ask the relay’s operator' };
  }
  if (error === 'invalid_client' || error === 'unauthorized_client') {
    return {
      code: code ?? 'credential-not-registered',
      message: `the relay does not accept this proxy's certificate (${text})`,
      hint:
        code === 'credential-revoked' || code === 'certificate-expired'
          ? 'ask the relay’s operator for an enrolment code; run "mailbadge proxy trust set-up" with --new-certificate, then "mailbadge proxy trust connect"'
          : 'ask the relay’s operator for an enrolment code and run "mailbadge proxy trust connect"',
    };
  }
  return {
    code: code ?? 'token-refused',
    message: `the relay refuses an access token (${text})`,
    hint: 'ask the relay’s operator',
  };
}
