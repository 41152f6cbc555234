// GET /.well-known/mailbadge-relay: what a relay says about itself. Checked before anything of it is believed: its
// form, that the issuer is who was asked, and that no endpoint leads to another host or off TLS.

import {
  type RelayMetadata,
  relayMetadataPath,
  relayMetadataSchema,
} from '../../../contract/relay-metadata.ts';
import { compareVersions, proxyUserAgent, version } from '../../../contract/versions.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import { malformedAnswer, networkFailure, parseJson, type RelayFailure, refusal } from './relay-failure.ts';

const metadataBytes = 256 * 1024;

export type MetadataFetch =
  | { kind: 'fetched'; metadata: RelayMetadata }
  | { kind: 'failed'; failure: RelayFailure };

/** The relay's base URL as a person gave it; throws when it is none, or is not https. */
export function parseRelayUrl(text: string, { allowHttp }: { allowHttp: boolean }): URL {
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.username !== '') {
    throw new AppError('usage', `"${text}" is not the URL of a relay`, {
      hint: 'give it as https://relay.example.com',
    });
  }
  if (url.protocol === 'http:' && !allowHttp) {
    throw new AppError('usage', `the relay ${url.origin} is not reached over https`, {
      hint: 'use https; for a demo or a test only, set relay.dangerously_allow_http: true',
    });
  }
  if (`${url.origin}/` !== url.href) {
    throw new AppError('usage', `"${text}" has a path, and a relay is an origin`, {
      hint: `give ${url.origin}`,
    });
  }
  return url;
}

export async function fetchRelayMetadata(
  http: HttpClient,
  relayUrl: URL,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<MetadataFetch> {
  const url = new URL(relayMetadataPath, relayUrl);
  const headers = { accept: 'application/json', 'user-agent': proxyUserAgent() };
  const answer = await http.read(
    { method: 'GET', url, headers, timeoutMs, signal },
    { maxBytes: metadataBytes },
  );
  if (answer.kind !== 'answered') return { kind: 'failed', failure: networkFailure(answer, url) };
  if (answer.status !== 200) return { kind: 'failed', failure: refusal(answer, url) };
  return judgeRelayMetadata(answer.body, relayUrl);
}

/** The judgement alone, from the bytes of an answer. */
export function judgeRelayMetadata(body: Buffer, relayUrl: URL): MetadataFetch {
  const failed = (failure: RelayFailure): MetadataFetch => ({ kind: 'failed', failure });
  const parsed = relayMetadataSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return failed(malformedAnswer(relayUrl, `its metadata is malformed at "${issue?.path.join('.') ?? ''}"`));
  }
  const metadata = parsed.data;
  // RFC 8414 §3.3: the issuer must be who was asked, or one relay could speak for another.
  for (const [name, value] of [
    ['issuer', metadata.issuer],
    ['tokenEndpoint', metadata.tokenEndpoint],
    ['deviceAuthorizationEndpoint', metadata.deviceAuthorizationEndpoint],
  ] as const) {
    if (value !== undefined && new URL(value).origin !== relayUrl.origin) {
      return failed(malformedAnswer(relayUrl, `its ${name} is ${new URL(value).origin}`));
    }
  }
  if (compareVersions(version, metadata.minimumProxyVersion) < 0) {
    return failed({
      code: 'proxy-too-old',
      message: `the relay takes proxies from version ${metadata.minimumProxyVersion} on; this is ${version}`,
      hint: 'update Mailbadge on this machine',
    });
  }
  return { kind: 'fetched', metadata };
}
