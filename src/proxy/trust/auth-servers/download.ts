// Downloads a metadata document under the egress rule: https, every address public, what was checked is what is
// dialled, no redirects, bounded in size and time. Two exceptions, both the administrator's: the relay itself, which
// `trust set-up` named and which many organizations run inside, and what the configuration allows.

import { proxyUserAgent } from '../../../contract/versions.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { createEgress, defaultEgressLimits, type EgressResult } from '../../../runtime/egress/egress.ts';
import { timeOverReason } from '../../../runtime/egress/exchange.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import { networkFailure, relayFailureError } from '../relay/relay-failure.ts';

const documentBytes = 256 * 1024;
const headers = { accept: 'application/json', 'user-agent': proxyUserAgent() };

/** Throws an AppError that says why there is no document. */
export type Download = (url: URL) => Promise<Buffer>;

type DownloadSettings = {
  http: HttpClient;
  clock: Clock;
  timeoutMs: number;
  /** PEM certificates to trust besides the system's. */
  ca: string | undefined;
  /** For the demo and tests. */
  allowHttp: boolean;
  allowPrivateAddresses: boolean;
  /** Where the pinned relay is. */
  relayOrigin: string | undefined;
};

export function createDownload(settings: DownloadSettings): Download {
  return async url => {
    if (url.username !== '' || url.password !== '') throw refused(url, 'it holds a user name or password');
    if (url.protocol === 'http:' && !settings.allowHttp) throw refused(url, 'it is not https');
    return url.protocol === 'http:' || url.origin === settings.relayOrigin
      ? downloadFromRelay(url, settings)
      : downloadChecked(url, settings);
  };
}

/** From the relay that the administrator named, wherever it is. */
export async function downloadFromRelay(
  url: URL,
  { http, timeoutMs }: Pick<DownloadSettings, 'http' | 'timeoutMs'>,
): Promise<Buffer> {
  const answer = await http.read({ method: 'GET', url, headers, timeoutMs }, { maxBytes: documentBytes });
  if (answer.kind === 'answered') return bodyOf(url, answer);
  if (answer.reason === 'tls-untrusted') throw relayFailureError(networkFailure(answer, url));
  throw unreachable(url, answer.detail);
}

async function downloadChecked(
  url: URL,
  { clock, ca, timeoutMs, allowPrivateAddresses }: DownloadSettings,
): Promise<Buffer> {
  const place = { host: url.hostname, port: url.port === '' ? 443 : Number(url.port) };
  if (!allowPrivateAddresses) refuseOddPlace(url, place);
  await using egress = createEgress({
    allow: allowPrivateAddresses ? [] : [place.host],
    dangerouslyAllow: allowPrivateAddresses ? [`${place.host}:${place.port}`] : [],
    clock,
    ...(ca === undefined ? {} : { ca }),
    limits: { ...defaultEgressLimits, totalMs: timeoutMs, connectMs: timeoutMs, answerBytes: documentBytes },
  });
  const notAfter = clock.now() + timeoutMs;
  const result = await egress.send({ method: 'GET', url: url.href, headers, notAfter });
  if (result.kind !== 'response') throw failureOf(url, result, timeoutMs);
  if (result.cut === undefined) return bodyOf(url, result);
  throw unreachable(
    url,
    {
      'too-long': `the answer is larger than ${documentBytes} bytes`,
      'too-slow': noCompleteAnswer(timeoutMs),
      broken: 'the answer was cut',
    }[result.cut],
  );
}

/** What the egress rule would refuse, in words for an administrator. */
function refuseOddPlace(url: URL, { host, port }: { host: string; port: number }): void {
  if (host.startsWith('[') || !host.includes('.')) throw refused(url, `"${host}" is not a public host name`);
  if (port !== 443) throw refused(url, `its port is ${port}, not 443`);
}

function failureOf(
  url: URL,
  result: Exclude<EgressResult, { kind: 'response' }>,
  timeoutMs: number,
): AppError {
  if (result.kind === 'refused') {
    return result.reason === 'address-not-public'
      ? refused(url, `${url.hostname} is at a private address`)
      : refused(url, result.reason);
  }
  if (/^(ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_)/.test(result.reason)) {
    return relayFailureError(
      networkFailure({ kind: 'not-sent', reason: 'tls-untrusted', detail: result.reason }, url),
    );
  }
  const timeOver = result.reason === timeOverReason || result.reason === 'too-late';
  return unreachable(url, timeOver ? noCompleteAnswer(timeoutMs) : result.reason);
}

/** In the words of the HTTP client. */
const noCompleteAnswer = (timeoutMs: number): string => `no complete answer within ${timeoutMs} ms`;

function bodyOf(
  url: URL,
  {
    status,
    headers: answered,
    body,
  }: { status: number; headers: { location?: string | undefined }; body: Buffer },
): Buffer {
  if (status >= 300 && status < 400) {
    throw new AppError(
      'metadata-unreachable',
      `the metadata document is not at ${url.href}: HTTP ${status} leads to ${answered.location?.slice(0, 200) ?? 'nowhere'}`,
      { hint: 'redirects are not followed: if that place is right, give its URL' },
    );
  }
  if (status !== 200) throw unreachable(url, `HTTP ${status}`);
  return body;
}

function refused(url: URL, detail: string): AppError {
  return new AppError('metadata-address-refused', `nothing is fetched from ${url.origin}: ${detail}`, {
    hint: 'give an https URL at a public address; for one inside your network, set relay.allow_private_addresses: true',
  });
}

function unreachable(url: URL, detail: string): AppError {
  return new AppError(
    'metadata-unreachable',
    `the metadata document at ${url.href} cannot be had: ${detail}`,
    {
      hint: 'check the URL, the name resolution and the firewall',
    },
  );
}
