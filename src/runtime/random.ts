// Randomness as a collaborator: cryptographic in production, repeatable in tests.

import { randomBytes, randomUUID } from 'node:crypto';

export type Random = {
  bytes(length: number): Buffer;
  uuid(): string;
  /** A float in [0, 1), for jitter only: never for secrets. */
  fraction(): number;
};

export const systemRandom: Random = {
  bytes: length => randomBytes(length),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
};

/** An opaque identifier of (almost) 128 random bits, 22 base64url characters; a command takes none for an option. */
export function opaqueId(random: Random): string {
  return random.bytes(16).toString('base64url').replace(/^-/, '_');
}

/** The same sequence for the same seed (mulberry32). For tests and models only. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const bytes = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => Math.floor(fraction() * 256)));
  const uuid = (): string => {
    const raw = bytes(16);
    raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40; // RFC 9562 §5.4: version 4
    raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
    const hex = raw.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
  return { bytes, uuid, fraction };
}

/** Exponential back-off with full jitter on its upper half: never zero, never above `maxMs`. */
export function backoffMs(
  random: Random,
  attempt: number,
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + (random.fraction() * ceiling) / 2);
}
