// Judges who sends (RFC 8292) as strictly as the strictest of the real services does each point.

import { createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { z } from 'zod';

/** 401: there is no usable identity; 403: there is one, and it may not. */
export type VapidRefusal = { status: 401 | 403; message: string };

const headerSchema = z.object({ alg: z.literal('ES256'), typ: z.string().optional() });
const claimsSchema = z.object({ aud: z.string(), exp: z.number(), sub: z.string() });

const maxAheadSeconds = 24 * 3600 + 60;

/** Undefined when the sender is the one that the subscription was made for. */
export function refuseVapid(
  authorization: string | undefined,
  { applicationServerKey, origin, now }: { applicationServerKey: Buffer; origin: string; now: number },
): VapidRefusal | undefined {
  const parameters = /^vapid\s+(.*)$/i.exec(authorization ?? '')?.[1];
  if (parameters === undefined) return unusable('no vapid authorization');
  const named = new Map(
    parameters.split(',').map(part => {
      const [name = '', ...value] = part.trim().split('=');
      return [name, value.join('=')] as const;
    }),
  );
  const [token, key] = [named.get('t'), named.get('k')];
  if (token === undefined || key === undefined) return unusable('t or k is missing');
  const point = Buffer.from(key, 'base64url');
  const publicKey = publicKeyOf(point);
  if (publicKey === undefined) return unusable('k is no uncompressed point of P-256');
  const [header = '', claims = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0 || !headerSchema.safeParse(parseJson(header)).success)
    return unusable('t is no JWT signed with ES256');
  const parsed = claimsSchema.safeParse(parseJson(claims)).data;
  if (parsed === undefined) return unusable('aud, exp or sub is missing');

  if (point.length !== applicationServerKey.length || !timingSafeEqual(point, applicationServerKey))
    return forbidden('the subscription was made for another key');
  const signed = Buffer.from(`${header}.${claims}`);
  const raw = Buffer.from(signature, 'base64url');
  if (raw.length !== 64 || !verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw))
    return forbidden('the signature is not valid');
  if (parsed.aud !== origin) return forbidden('aud is not the origin of the push resource');
  const aheadSeconds = parsed.exp - now / 1000;
  if (aheadSeconds <= 0) return forbidden('the token is expired');
  if (aheadSeconds > maxAheadSeconds) return forbidden('exp is more than 24 hours ahead');
  // as strict as Apple: a space, angle brackets or a local address are refused
  if (!/^(mailto:[^\s<>@]+@(?!localhost\b)[^\s<>@]+|https:\/\/(?!localhost\b)\S+)$/.test(parsed.sub))
    return forbidden('sub is neither a mailto: nor an https: URI of somebody reachable');
  return undefined;
}

function publicKeyOf(point: Buffer): KeyObject | undefined {
  if (point.length !== 65 || point[0] !== 0x04) return undefined;
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function parseJson(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function unusable(message: string): VapidRefusal {
  return { status: 401, message };
}

function forbidden(message: string): VapidRefusal {
  return { status: 403, message };
}
