// Time-based one-time passwords (RFC 6238), as a second factor that an administrator may switch on. The secret is
// sealed at rest and offered first: it counts only once a code made from it came back, or a person who lost it
// half-way would be locked out. A code of the step before or after is taken too, for clocks; each step works once.

import type { Kysely } from 'kysely';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { SecretBox } from '../../runtime/secrets.ts';
import type { RelaySchema } from '../database/schema.ts';
import { type Actor, recordAudit } from './audit-log.ts';

const stepMs = 30_000;
const secretBytes = 20; // RFC 4226 §4, R6: 160 bits
const stepsOff = 1; // RFC 6238 §5.2

export type TotpOffer = { secret: string; uri: string };

type Who = { id: string; email: string; organizationId: string | null };

/** A new secret for an authenticator app; it counts once `confirmTotp` saw a code of it. */
export async function offerTotp(
  db: Kysely<RelaySchema>,
  { id, email }: Who,
  { box, random, issuer }: { box: SecretBox; random: Random; issuer: string },
): Promise<TotpOffer> {
  const secret = new OtpSecret({ buffer: new Uint8Array(random.bytes(secretBytes)).buffer });
  const changed = await db
    .updateTable('administrator')
    .set({ sealed_totp_offer: box.seal(sealPurpose(id), secret.base32) })
    .where('id', '=', id)
    .where('sealed_totp_secret', 'is', null)
    .executeTakeFirst();
  if (changed.numUpdatedRows !== 1n) {
    throw new AppError('totp-active', 'one-time codes are switched on already', {
      hint: 'switch them off first, with the password',
    });
  }
  return { secret: secret.base32, uri: totp(secret, { issuer, label: email }).toString() };
}

/** Switches it on, when the code is one of the offered secret. */
export async function confirmTotp(
  db: Kysely<RelaySchema>,
  { id, email, organizationId }: Who,
  code: string,
  { box, now, actor }: { box: SecretBox; now: number; actor: Actor },
): Promise<boolean> {
  return db.transaction().execute(async transaction => {
    const row = await transaction
      .selectFrom('administrator')
      .select('sealed_totp_offer')
      .where('id', '=', id)
      .executeTakeFirst();
    const offer = row?.sealed_totp_offer ?? null;
    if (offer === null) return false;
    const step = stepOf(code, box.open(sealPurpose(id), offer).reveal(), now);
    if (step === undefined) return false;
    await transaction
      .updateTable('administrator')
      .set({ sealed_totp_secret: offer, sealed_totp_offer: null, totp_last_step: step })
      .where('id', '=', id)
      .execute();
    await recordAudit(transaction, {
      ...actor,
      at: now,
      organizationId,
      action: 'administrator.totp-on',
      subject: email,
    });
    return true;
  });
}

/** Switches it off; safe to repeat. */
export async function removeTotp(
  db: Kysely<RelaySchema>,
  { id, email, organizationId }: Who,
  { now, actor }: { now: number; actor: Actor },
): Promise<void> {
  await db.transaction().execute(async transaction => {
    const changed = await transaction
      .updateTable('administrator')
      .set({ sealed_totp_secret: null, sealed_totp_offer: null, totp_last_step: null })
      .where('id', '=', id)
      .where('sealed_totp_secret', 'is not', null)
      .executeTakeFirst();
    if (changed.numUpdatedRows !== 1n) return;
    await recordAudit(transaction, {
      ...actor,
      at: now,
      organizationId,
      action: 'administrator.totp-off',
      subject: email,
    });
  });
}

/** Uses a code up: true for its first use only, however many come at once. */
export async function useTotpCode(
  db: Kysely<RelaySchema>,
  { id, sealedSecret }: { id: string; sealedSecret: string },
  code: string,
  { box, now }: { box: SecretBox; now: number },
): Promise<boolean> {
  const step = stepOf(code, box.open(sealPurpose(id), sealedSecret).reveal(), now);
  if (step === undefined) return false;
  const used = await db
    .updateTable('administrator')
    .set({ totp_last_step: step })
    .where('id', '=', id)
    .where('sealed_totp_secret', '=', sealedSecret)
    .where(({ or, eb }) => or([eb('totp_last_step', 'is', null), eb('totp_last_step', '<', step)]))
    .executeTakeFirst();
  return used.numUpdatedRows === 1n;
}

function stepOf(code: string, base32: string, now: number): number | undefined {
  const delta = totp(OtpSecret.fromBase32(base32)).validate({
    token: code,
    timestamp: now,
    window: stepsOff,
  });
  return delta === null ? undefined : Math.floor(now / stepMs) + delta;
}

/** What every authenticator app understands: SHA-1, six digits, thirty seconds. */
function totp(secret: OtpSecret, { issuer = '', label = '' } = {}): TOTP {
  return new TOTP({ issuer, label, secret, algorithm: 'SHA1', digits: 6, period: stepMs / 1000 });
}

function sealPurpose(administratorId: string): string {
  return `administrator-totp:${administratorId}`;
}
