// What the bench of the tokens and its relay say to each other.

import type { JWK } from 'jose';

export type Holder = { clientId: string; keyId: string; alg: string; jwk: JWK };

export type RelayMessage =
  | { kind: 'ready'; issuer: string; holders: Holder[] }
  /** Microseconds since its start. */
  | { kind: 'cpu'; user: number; system: number };
