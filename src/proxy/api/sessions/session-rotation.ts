// What the token in a cookie tells of its session. A web app's token changes once a day, so that a copy of it stops
// working, and betrays whoever uses it: all tokens of a session begin alike (its family), and one of the family that is
// no longer good was stolen, by the one who shows it or before from the one who shows it.
// No lost answer signs anybody out: until the new token comes back for the first time, the old one is good and is
// answered with the same new one again; for a minute after that it is still good for requests that were under way.

import { createHash } from 'node:crypto';
import type { Random } from '../../../runtime/random.ts';
import type { SessionTable } from '../../database/schema.ts';

export const rotateEveryMs = 86_400_000;
export const underWayMs = 60_000;

export type TokenJudgement =
  /** Nothing is to be done. */
  | 'good'
  /** Good, and its day is over. */
  | 'due'
  /** The new token came back for the first time: the old one is on its way out. */
  | 'arrived'
  /** The old token, while the new one has not come back: its answer may be lost. */
  | 'repeat'
  | 'stolen';

type Tokens = Pick<
  SessionTable,
  'token_hash' | 'previous_token_hash' | 'sealed_token' | 'created_at' | 'rotated_at' | 'rotation_used_at'
>;

/** Of a live session in a cookie, found by the token's family. */
export function judgeToken(session: Tokens, tokenHash: string, now: number): TokenJudgement {
  const awaited = session.sealed_token !== null;
  if (tokenHash === session.token_hash) {
    if (awaited) return 'arrived';
    return now - (session.rotated_at ?? session.created_at) >= rotateEveryMs ? 'due' : 'good';
  }
  if (tokenHash !== session.previous_token_hash) return 'stolen';
  if (awaited) return 'repeat';
  return now - (session.rotation_used_at ?? 0) < underWayMs ? 'good' : 'stolen';
}

/** 128 random bits that stay and 256 that change. */
export function newCookieToken(random: Random, family = random.bytes(16).toString('base64url')): string {
  return `${family}.${random.bytes(32).toString('base64url')}`;
}

/** Undefined when it has not the form of a token in a cookie. */
export function familyOf(token: string): string | undefined {
  return /^([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}$/.exec(token)?.[1];
}

/** Tokens are random: a plain hash of them is as hard to invert as they are to guess. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
