// From a URL to what is pinned: the metadata document, and its keys where they are in a document of their own.

import type { Clock } from '../../../runtime/clock.ts';
import type { AuthServerPin, SigningKey } from './auth-server.ts';
import type { Download } from './download.ts';
import { invalid, type MetadataDocument, readMetadataDocument } from './metadata-document.ts';
import { boundedKeys, signingKeysOfKeySet } from './signing-keys.ts';

type Parts = { download: Download; clock: Clock };

const oauthMetadataPath = '/.well-known/oauth-authorization-server'; // RFC 8414 §3

/** Throws an AppError that says why it cannot be trusted. */
export async function fetchAuthServer(url: URL, parts: Parts): Promise<AuthServerPin> {
  const { keys, ...document } = await read(url, parts);
  const signingKeys =
    keys.kind === 'elsewhere' ? await fetchRelayKeys(url, parts) : await signingKeysOf(keys, url, parts);
  return { ...document, signingKeys };
}

/** A relay's own document names no keys: its authorization server's does. `url` is anywhere at the relay. */
export async function fetchRelayKeys(url: URL, parts: Parts): Promise<SigningKey[]> {
  const oauthUrl = new URL(oauthMetadataPath, url);
  const { keys } = await read(oauthUrl, parts);
  return signingKeysOf(keys, oauthUrl, parts);
}

async function read(url: URL, { download, clock }: Parts): Promise<MetadataDocument> {
  return readMetadataDocument(await download(url), url, { now: clock.now() });
}

async function signingKeysOf(
  keys: MetadataDocument['keys'],
  url: URL,
  { download }: Parts,
): Promise<SigningKey[]> {
  const found =
    keys.kind === 'at' ? await keysAt(keys.url, download) : keys.kind === 'here' ? keys.signingKeys : [];
  if (found.length === 0) throw invalid(url, 'it names no signing key that could be used');
  return boundedKeys(found);
}

async function keysAt(url: URL, download: Download): Promise<SigningKey[]> {
  const keys = await signingKeysOfKeySet(await download(url));
  if (keys === undefined) throw invalid(url, 'it is not a key set');
  return keys;
}
