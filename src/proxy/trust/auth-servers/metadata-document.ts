// Reads an authorization server's metadata document, whose kind shows in the document itself: a relay's own, OAuth
// (RFC 8414, OpenID discovery) or the S2S JSON of older servers. Nothing is believed that leads elsewhere: every
// endpoint must be at the place that the document came from. Pure, from the bytes of an answer; each fault has
// words of its own.

import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { realmSchema } from '../../../contract/identifiers.ts';
import { AppError } from '../../../runtime/errors.ts';
import { parseJson, relayFailureError } from '../relay/relay-failure.ts';
import { judgeRelayMetadata } from '../relay/relay-metadata.ts';
import type { AuthServerKind, SigningKey } from './auth-server.ts';
import { signingKeyOfCertificate } from './signing-keys.ts';

export type MetadataDocument = {
  kind: AuthServerKind;
  issuer: string;
  realm: string | null;
  tokenEndpoint: string;
  /** The keys themselves, or where they are; a relay's own document names neither. */
  keys: { kind: 'here'; signingKeys: SigningKey[] } | { kind: 'at'; url: URL } | { kind: 'elsewhere' };
};

const text = z.string().max(2048);
const oauthSchema = z.looseObject({
  issuer: text.optional(),
  token_endpoint: text.optional(),
  jwks_uri: text.optional(),
});
const s2sSchema = z.looseObject({
  version: text.optional(),
  realm: text.optional(),
  serviceName: text.optional(),
  issuer: text.optional(),
  keys: z
    .array(
      z.looseObject({
        usage: text.optional(),
        keyvalue: z
          .looseObject({ type: text.optional(), value: z.string().max(32_768).optional() })
          .optional(),
      }),
    )
    .max(100)
    .optional(),
  endpoints: z
    .array(z.looseObject({ location: text.optional(), protocol: text.optional(), usage: text.optional() }))
    .max(100)
    .optional(),
});

/** Throws an AppError that says what is wrong with it. */
export function readMetadataDocument(body: Buffer, url: URL, { now }: { now: number }): MetadataDocument {
  if (body.toString('utf8').trim() === '') throw invalid(url, 'it is empty');
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid(
      url,
      /^\s*</.test(body.toString('utf8')) ? 'it is XML or HTML, not JSON' : 'it is not JSON',
    );
  }
  if ('capabilities' in parsed && 'tokenEndpoint' in parsed) return readRelayDocument(body, url);
  if ('token_endpoint' in parsed || 'jwks_uri' in parsed) return readOauthDocument(parsed, url);
  if ('endpoints' in parsed || 'serviceName' in parsed || 'keys' in parsed)
    return readS2sDocument(parsed, url, now);
  throw invalid(url, 'it names neither endpoints nor keys');
}

/** For a document that was downloaded, and cannot be taken. */
export function invalid(url: URL, detail: string): AppError {
  return new AppError('metadata-invalid', `the metadata document at ${url.href} cannot be taken: ${detail}`, {
    hint: 'check the URL; if it is right, tell whoever runs that server',
  });
}

function readRelayDocument(body: Buffer, url: URL): MetadataDocument {
  const judged = judgeRelayMetadata(body, new URL(url.origin));
  if (judged.kind === 'failed') throw relayFailureError(judged.failure);
  const { issuer, tokenEndpoint } = judged.metadata;
  return { kind: 'relay', issuer, realm: null, tokenEndpoint, keys: { kind: 'elsewhere' } };
}

function readOauthDocument(parsed: object, url: URL): MetadataDocument {
  const document = shaped(oauthSchema, parsed, url);
  if (document.issuer === undefined) throw invalid(url, 'it names no issuer');
  // RFC 8414 §3.3: or one server could speak for another.
  const issuer = atSamePlace(document.issuer, url, 'issuer').href;
  if (document.jwks_uri === undefined) throw invalid(url, 'it names no signing key (jwks_uri)');
  return {
    kind: 'oauth',
    // As the server writes it: assertions must name it to the letter.
    issuer: issuer === `${document.issuer}/` ? document.issuer : issuer,
    realm: null,
    tokenEndpoint: issuingEndpoint(document.token_endpoint, url),
    keys: { kind: 'at', url: atSamePlace(document.jwks_uri, url, 'jwks_uri') },
  };
}

function readS2sDocument(parsed: object, url: URL, now: number): MetadataDocument {
  const document = shaped(s2sSchema, parsed, url);
  const { issuer, realm } = s2sIdentity(document, url);
  const asked = realmSchema.safeParse(url.searchParams.get('realm'));
  if (asked.success && realm !== null && asked.data !== realm) {
    throw invalid(url, `it is for the realm ${realm}, not for ${asked.data}`);
  }
  const endpoint = document.endpoints?.find(
    ({ protocol, usage }) => same(protocol, 'OAuth2') && same(usage, 'issuance'),
  );
  const tokenEndpoint = issuingEndpoint(endpoint?.location, url);
  const signingKeys = (document.keys ?? [])
    .filter(({ usage, keyvalue }) => same(usage, 'signing') && same(keyvalue?.type, 'x509Certificate'))
    .flatMap(({ keyvalue }) => s2sKey(keyvalue?.value ?? '', url, now));
  return { kind: 's2s', issuer, realm, tokenEndpoint, keys: { kind: 'here', signingKeys } };
}

/** `issuer` is "service@realm"; an older document has the two apart, and an authority of its own must have `issuer`. */
function s2sIdentity(
  document: z.infer<typeof s2sSchema>,
  url: URL,
): { issuer: string; realm: string | null } {
  const [service, issuerRealm, ...more] = document.issuer?.split('@') ?? [];
  const ownAuthority = /^Exchange\//i.test(document.version ?? '');
  const name = service || (ownAuthority ? undefined : document.serviceName);
  const realm = issuerRealm || document.realm;
  if (more.length > 0 || name === undefined || name === '' || realm === undefined || realm === '') {
    throw invalid(url, 'no issuer (service and realm) can be read from it');
  }
  if (realm === '*') return { issuer: `${name}@*`, realm: null };
  const guid = realmSchema.safeParse(realm);
  if (!guid.success) throw invalid(url, `its realm "${realm.slice(0, 80)}" is not a GUID`);
  return { issuer: `${name}@${guid.data}`, realm: guid.data };
}

/** Nothing for a certificate that is over; an error for what is none. */
function s2sKey(value: string, url: URL, now: number): SigningKey[] {
  try {
    const key = signingKeyOfCertificate(new X509Certificate(Buffer.from(value, 'base64')));
    return key === undefined || (key.notAfter !== null && key.notAfter <= now) ? [] : [key];
  } catch {
    throw invalid(url, 'a signing key in it is not a certificate');
  }
}

function issuingEndpoint(location: string | undefined, url: URL): string {
  if (location === undefined || location === '')
    throw invalid(url, 'it names no endpoint that issues tokens');
  return atSamePlace(location, url, 'token endpoint').href;
}

function atSamePlace(location: string, url: URL, what: string): URL {
  const named = URL.parse(location);
  if (named === null) throw invalid(url, `its ${what} is not a URL`);
  if (named.origin !== url.origin || named.username !== '' || named.password !== '') {
    throw invalid(url, `its ${what} leads to another place, ${named.origin}`);
  }
  return named;
}

function shaped<S extends z.ZodType>(schema: S, parsed: object, url: URL): z.output<S> {
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  throw invalid(url, `it is malformed at "${result.error.issues[0]?.path.join('.') ?? ''}"`);
}

function same(value: string | undefined, expected: string): boolean {
  return value?.toLowerCase() === expected.toLowerCase();
}
