// Proof that whoever registers a push target receives what is sent to it: the relay pushes a code to the target and
// gives the caller only a sealed `pending`. A stranger with a stolen target gets no code; the relay stores nothing
// but the use of a confirmed challenge.

import { hash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { appIdSchema, installationIdSchema, realmSchema } from '../../contract/identifiers.ts';
import { pushTargetSchema } from '../../contract/push-targets.ts';
import { challengeLifetimeMs } from '../../contract/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import { opaqueId, type Random } from '../../runtime/random.ts';
import { RateTable } from '../../runtime/rate-table.ts';
import type { SealRing } from './seal-ring.ts';

const registrationSchema = z.object({
  organizationId: z.string(),
  realm: realmSchema,
  sealEpoch: z.number().int(),
  appId: appIdSchema,
  installationId: installationIdSchema,
  target: pushTargetSchema,
});
/** Who registers what, as ticket and device said it. */
export type Registration = z.infer<typeof registrationSchema>;

const pendingSchema = z.object({
  id: z.string(),
  codeHash: z.string(),
  expiresAt: z.number().int(),
  registration: registrationSchema,
});

export type ConfirmedChallenge =
  | { kind: 'confirmed'; registration: Registration }
  | { kind: 'invalid'; detail: string }
  | { kind: 'expired' }
  | { kind: 'too-many-tries'; retryAfterMs: number };

export type UseOnce = (use: {
  purpose: 'ticket' | 'challenge';
  id: string;
  expiresAt: number;
}) => Promise<boolean>;

const version = 'mbc1';
const context = ['challenge'];
const triesPerChallenge = 5;
const triesRemembered = 2 ** 14;

export class Challenges {
  readonly #ring: SealRing;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #useOnce: UseOnce;
  readonly #tries: RateTable;

  constructor({
    ring,
    clock,
    random,
    useOnce,
  }: {
    ring: SealRing;
    clock: Clock;
    random: Random;
    useOnce: UseOnce;
  }) {
    this.#ring = ring;
    this.#clock = clock;
    this.#random = random;
    this.#useOnce = useOnce;
    this.#tries = new RateTable({
      clock,
      rate: { burst: triesPerChallenge, intervalMs: challengeLifetimeMs },
      slots: triesRemembered,
    });
  }

  /** `code` goes to the target and nowhere else; `pending` to the caller. */
  issue(registration: Registration): { code: string; pending: string; expiresAt: number } {
    const code = opaqueId(this.#random);
    const expiresAt = this.#clock.now() + challengeLifetimeMs;
    const content = {
      id: opaqueId(this.#random),
      codeHash: hashOf(code).toString('base64url'),
      expiresAt,
      registration,
    };
    return { code, pending: this.#ring.seal(version, context, JSON.stringify(content)), expiresAt };
  }

  /** Succeeds once for each challenge. */
  async confirm(pending: string, code: string): Promise<ConfirmedChallenge> {
    const unsealed = this.#ring.open(version, context, pending);
    if (unsealed.kind !== 'opened')
      return { kind: 'invalid', detail: 'the pending registration is not of this relay' };
    const { id, codeHash, expiresAt, registration } = pendingSchema.parse(JSON.parse(unsealed.text));
    if (this.#clock.now() >= expiresAt) return { kind: 'expired' };
    const retryAfterMs = this.#tries.take(hashOf(id));
    if (retryAfterMs > 0) return { kind: 'too-many-tries', retryAfterMs };
    if (!timingSafeEqual(hashOf(code), Buffer.from(codeHash, 'base64url'))) {
      return { kind: 'invalid', detail: 'the code is wrong' };
    }
    const first = await this.#useOnce({ purpose: 'challenge', id, expiresAt });
    return first
      ? { kind: 'confirmed', registration }
      : { kind: 'invalid', detail: 'the registration was confirmed before' };
  }
}

function hashOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
