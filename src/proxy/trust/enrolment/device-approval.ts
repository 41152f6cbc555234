// The device flow (RFC 8628) from the proxy's side: it shows where an administrator approves its certificate, and
// waits. What it gets in the end is a one-time enrolment code for that certificate (contract/device-flow.ts).

import {
  Configuration,
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
} from 'openid-client';
import { deviceFlowClientId } from '../../../contract/device-flow.ts';
import type { RelayMetadata } from '../../../contract/relay-metadata.ts';
import { describeError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import { Secret } from '../../../runtime/secrets.ts';
import type { Certificate } from '../certificates/certificate.ts';
import { isErrorCode, malformedAnswer, type RelayFailure } from '../relay/relay-failure.ts';
import { OauthTransport } from '../tokens/oauth-transport.ts';

type Failed = { kind: 'failed'; failure: RelayFailure };

/** What the administrator needs to see. */
export type ApprovalRequest = {
  userCode: string;
  verificationUri: string;
  /** With the code in it, for the QR code. */
  verificationUriComplete: string;
  expiresInSeconds: number;
};

export type StartedApproval = {
  kind: 'started';
  request: ApprovalRequest;
  /** Until somebody decided or the time is over. */
  wait(): Promise<{ kind: 'approved'; code: Secret } | Failed>;
};

/** Undefined when the relay has no device flow. */
export function deviceEndpointOf({
  capabilities,
  deviceAuthorizationEndpoint,
}: RelayMetadata): string | undefined {
  return capabilities.includes('device-flow') ? deviceAuthorizationEndpoint : undefined;
}

export async function askForApproval(
  http: HttpClient,
  {
    metadata: { issuer, tokenEndpoint },
    endpoint,
    organization,
    certificate,
    timeoutMs,
  }: {
    metadata: RelayMetadata;
    endpoint: string;
    organization: string;
    certificate: Certificate;
    timeoutMs: number;
  },
): Promise<StartedApproval | Failed> {
  const configuration = new Configuration(
    { issuer, token_endpoint: tokenEndpoint, device_authorization_endpoint: endpoint },
    deviceFlowClientId,
    {},
    None(),
  );
  const url = new URL(endpoint);
  const asking = new OauthTransport({ http, timeoutMs });
  asking.carry(configuration, url);
  let started: DeviceAuthorizationResponse;
  try {
    started = await initiateDeviceAuthorization(configuration, {
      organization,
      certificate: certificate.der.toString('base64'),
    });
  } catch (error) {
    return failed(error, asking, url);
  }
  const request = approvalRequest(started, new URL(issuer));
  if (request === undefined) {
    return { kind: 'failed', failure: malformedAnswer(url, 'it does not say where to approve') };
  }
  return {
    kind: 'started',
    request,
    async wait() {
      const polling = new OauthTransport({ http, timeoutMs, patient: true });
      polling.carry(configuration, url);
      try {
        const { access_token: code } = await pollDeviceAuthorizationGrant(configuration, started);
        return { kind: 'approved', code: new Secret(code) };
      } catch (error) {
        return failed(error, polling, url);
      }
    },
  };
}

/** Shown to a person, who follows it and signs in there: it must be the relay's, and hold nothing odd. */
function approvalRequest(
  {
    user_code: userCode,
    verification_uri: uri,
    verification_uri_complete: complete = uri,
    expires_in: seconds,
  }: DeviceAuthorizationResponse,
  relay: URL,
): ApprovalRequest | undefined {
  const urls = [uri, complete].map(text => URL.parse(text));
  if (!urls.every(url => url?.origin === relay.origin) || !/^[A-Z0-9-]{4,32}$/i.test(userCode))
    return undefined;
  const [verificationUri = '', verificationUriComplete = ''] = urls.map(url => url?.href);
  return { userCode, verificationUri, verificationUriComplete, expiresInSeconds: seconds };
}

function failed(error: unknown, transport: OauthTransport, url: URL): Failed {
  if (transport.failure !== undefined) return { kind: 'failed', failure: transport.failure };
  if (isTimeout(error)) return { kind: 'failed', failure: expired };
  if (!(error instanceof ResponseBodyError)) {
    return { kind: 'failed', failure: malformedAnswer(url, describeError(error)) };
  }
  // RFC 8628 §3.5
  if (error.error === 'access_denied') return { kind: 'failed', failure: denied };
  if (error.error === 'expired_token') return { kind: 'failed', failure: expired };
  const named = error.cause['code'];
  const text = error.error_description ?? error.error;
  return {
    kind: 'failed',
    failure: {
      code: typeof named === 'string' && isErrorCode(named) ? named : 'token-refused',
      message: `the relay does not ask for approval: ${text}`,
      hint: 'ask the relay’s operator; an enrolment code works too: "mailbadge proxy trust connect --with-code"',
    },
  };
}

/** openid-client stops by itself when the code's time is over. */
function isTimeout(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each.name === 'TimeoutError') return true;
  }
  return false;
}

const denied: RelayFailure = {
  code: 'approval-denied',
  message: 'the administrator refused this certificate',
  hint: 'ask why; if it was a mistake, run "mailbadge proxy trust connect" again',
};

const expired: RelayFailure = {
  code: 'approval-expired',
  message: 'nobody approved in time',
  hint: 'run "mailbadge proxy trust connect" again: it shows a new code',
};
