// One-time enrolment codes: how an organization's first certificate becomes trusted. 130 random bits, shown once,
// stored as a hash, valid for 24 hours; making a new one ends the earlier ones.

import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { normalizeEnrolmentCode } from '../../contract/enrolment.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { Secret } from '../../runtime/secrets.ts';
import type { RelaySchema } from '../database/schema.ts';

export const enrolmentCodeLifetimeMs = 24 * 3_600_000;

/** Crockford's base 32: no I, L, O, U that could be misread. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeCharacters = 26;

export type EnrolmentCode = { code: Secret; expiresAt: number };

export async function makeEnrolmentCode(
  db: Kysely<RelaySchema>,
  organizationId: string,
  { clock, random }: { clock: Clock; random: Random },
): Promise<EnrolmentCode> {
  const now = clock.now();
  const characters = Array.from(random.bytes(codeCharacters), byte => alphabet[byte % alphabet.length]);
  const code = (characters.join('').match(/.{1,5}/g) ?? []).join('-');
  const expiresAt = now + enrolmentCodeLifetimeMs;
  await db
    .updateTable('enrolment_code')
    .set({ expires_at: now })
    .where('organization_id', '=', organizationId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  await db
    .insertInto('enrolment_code')
    .values({
      code_hash: hashEnrolmentCode(code),
      organization_id: organizationId,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
    })
    .execute();
  return { code: new Secret(code), expiresAt };
}

/** Uses the code up and returns whose it is. Run it in the transaction that registers the certificate. */
export async function redeemEnrolmentCode(
  db: Kysely<RelaySchema>,
  code: string,
  now: number,
): Promise<{ organizationId: string }> {
  const hash = hashEnrolmentCode(code);
  const redeemed = await db
    .updateTable('enrolment_code')
    .set({ used_at: now })
    .where('code_hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('organization_id')
    .executeTakeFirst();
  if (redeemed !== undefined) return { organizationId: redeemed.organization_id };
  const known = await db
    .selectFrom('enrolment_code')
    .select('used_at')
    .where('code_hash', '=', hash)
    .executeTakeFirst();
  const hint = 'ask the relay’s operator for a new one: mailbadge relay organization new-code <domain>';
  if (known === undefined) {
    throw new AppError('enrolment-code-invalid', 'the enrolment code is not known', {
      hint: 'check it for typing errors; it must be from this same relay',
    });
  }
  if (known.used_at !== null) {
    throw new AppError('enrolment-code-used', 'the enrolment code was used before', { hint });
  }
  throw new AppError('enrolment-code-expired', 'the enrolment code is no longer valid', { hint });
}

/** Base64url SHA-256 of the normalized code: what is stored, and what the proof of possession carries. */
export function hashEnrolmentCode(code: string): string {
  return createHash('sha256').update(normalizeEnrolmentCode(code)).digest('base64url');
}
