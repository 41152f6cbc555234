// What a push service refuses, in the order and with the error numbers of Mozilla's autopush; VAPID as RFC 8292
// says. A sender that passes here passes everywhere that was tried.

import type { IncomingHttpHeaders } from 'node:http';
import { refuseVapid } from './vapid.ts';

export type PushRequest = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };

/** What the check needs to know of a subscription. */
export type Registration = { applicationServerKey: Buffer; gone: boolean };

export type Refusal = { accepted: false; status: number; errno: number; message: string };

export type Acceptance<R extends Registration> = {
  accepted: true;
  registration: R;
  ttlSeconds: number;
  topic: string | undefined;
  urgency: string;
};

const maxTtlSeconds = 60 * 86_400;
/** Salt, record size, key id length and key id: less is a truncated header (RFC 8188 §2.1, RFC 8291 §4). */
const minBodyBytes = 86;
export const maxBodyBytes = 4096;

export function checkPush<R extends Registration>(
  { method, path, headers, body }: PushRequest,
  {
    origin,
    prefixes,
    now,
    find,
  }: {
    origin: string;
    /** What the path of an endpoint is before its token. */
    prefixes: readonly string[];
    now: number;
    find: (token: string) => R | undefined;
  },
): Acceptance<R> | Refusal {
  const token = tokenIn(path, prefixes);
  if (token === undefined) return refuse(404, 102, 'unknown path');
  if (method !== 'POST') return refuse(405, 0, 'only POST');
  const registration = find(token);
  if (registration === undefined) return refuse(404, 102, 'unknown token');
  if (registration.gone) return refuse(410, 106, 'the subscription is gone');

  const ttl = headers['ttl'];
  if (typeof ttl !== 'string' || !/^\d+$/.test(ttl)) return refuse(400, 111, 'TTL is missing or no number');
  const topic = headers['topic'];
  // RFC 8030 §5.4
  if (topic !== undefined && (typeof topic !== 'string' || !/^[A-Za-z0-9_-]{1,32}$/.test(topic)))
    return refuse(400, 113, 'Topic is not 1 to 32 base64url characters');
  const urgency = headers['urgency'] ?? 'normal';
  // RFC 8030 §5.3
  if (typeof urgency !== 'string' || !/^(very-low|low|normal|high)$/.test(urgency))
    return refuse(400, 114, 'Urgency is not very-low, low, normal or high');
  if (body.length > maxBodyBytes) return refuse(413, 104, 'the body is larger than 4096 bytes');
  if (body.length > 0 && headers['content-encoding'] !== 'aes128gcm')
    return refuse(400, 110, 'Content-Encoding is not aes128gcm');
  if (body.length > 0 && body.length < minBodyBytes)
    return refuse(400, 110, 'the encryption header is truncated');

  const { applicationServerKey } = registration;
  const refusal = refuseVapid(headers.authorization, { applicationServerKey, origin, now });
  if (refusal !== undefined) return refuse(refusal.status, 109, refusal.message);
  return {
    accepted: true,
    registration,
    ttlSeconds: Math.min(Number(ttl), maxTtlSeconds),
    topic,
    urgency,
  };
}

function tokenIn(path: string, prefixes: readonly string[]): string | undefined {
  const token = path.slice(prefixes.find(prefix => path.startsWith(prefix))?.length ?? path.length);
  return /^[A-Za-z0-9_:-]+$/.test(token) ? token : undefined;
}

function refuse(status: number, errno: number, message: string): Refusal {
  return { accepted: false, status, errno, message };
}
