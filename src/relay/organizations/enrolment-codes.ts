// One-time enrolment codes: how an organization's first certificate becomes trusted. 130 random bits, shown once,
// stored as a hash. One that an operator hands out is valid for 24 hours, and making it ends the earlier ones; one that
// an approval in the device flow yields is valid for five minutes, and for the approved certificate alone.

import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { normalizeEnrolmentCode } from '../../contract/enrolment.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { Secret } from '../../runtime/secrets.ts';
import type { RelaySchema } from '../database/schema.ts';

export const enrolmentCodeLifetimeMs = 24 * 3_600_000;
export const approvedCodeLifetimeMs = 5 * 60_000;

/** Crockford's base 32: no I, L, O, U that could be misread. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeCharacters = 26;

export type EnrolmentCode = { code: Secret; expiresAt: number };

/** What an administrator approved in the device flow. */
export type Approval = { keyId: string; approvedBy: string };

export async function makeEnrolmentCode(
  db: Kysely<RelaySchema>,
  organizationId: string,
  { clock, random }: { clock: Clock; random: Random },
): Promise<EnrolmentCode> {
  const now = clock.now();
  await db
    .updateTable('enrolment_code')
    .set({ expires_at: now })
    .where('organization_id', '=', organizationId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  return storeCode(db, { organizationId, now, lifetimeMs: enrolmentCodeLifetimeMs }, random);
}

/** The code that an approval yields. Codes that the organization's operator handed out stay good. */
export function makeApprovedCode(
  db: Kysely<RelaySchema>,
  { organizationId, approval, now }: { organizationId: string; approval: Approval; now: number },
  random: Random,
): Promise<EnrolmentCode> {
  return storeCode(db, { organizationId, approval, now, lifetimeMs: approvedCodeLifetimeMs }, random);
}

async function storeCode(
  db: Kysely<RelaySchema>,
  {
    organizationId,
    approval,
    now,
    lifetimeMs,
  }: { organizationId: string; approval?: Approval; now: number; lifetimeMs: number },
  random: Random,
): Promise<EnrolmentCode> {
  const characters = Array.from(random.bytes(codeCharacters), byte => alphabet[byte % alphabet.length]);
  const code = (characters.join('').match(/.{1,5}/g) ?? []).join('-');
  const expiresAt = now + lifetimeMs;
  await db
    .insertInto('enrolment_code')
    .values({
      code_hash: hashEnrolmentCode(code),
      organization_id: organizationId,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
      key_id: approval?.keyId ?? null,
      approved_by: approval?.approvedBy ?? null,
    })
    .execute();
  return { code: new Secret(code), expiresAt };
}

/**
 * Uses the code up and returns whose it is, and the approval that it is bound to. Run it in the transaction that
 * registers the certificate: a refusal must leave the code as it was.
 */
export async function redeemEnrolmentCode(
  db: Kysely<RelaySchema>,
  code: string,
  now: number,
): Promise<{ organizationId: string; approval?: Approval }> {
  const hash = hashEnrolmentCode(code);
  const redeemed = await db
    .updateTable('enrolment_code')
    .set({ used_at: now })
    .where('code_hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['organization_id', 'key_id', 'approved_by'])
    .executeTakeFirst();
  if (redeemed !== undefined) {
    const { organization_id: organizationId, key_id: keyId, approved_by: approvedBy } = redeemed;
    return keyId === null || approvedBy === null
      ? { organizationId }
      : { organizationId, approval: { keyId, approvedBy } };
  }
  const known = await db
    .selectFrom('enrolment_code')
    .select(['used_at', 'key_id'])
    .where('code_hash', '=', hash)
    .executeTakeFirst();
  const hint =
    typeof known?.key_id === 'string'
      ? 'connect again: an approval is good for one certificate, once, within five minutes'
      : 'ask the relay’s operator for a new one: mailbadge relay organization new-code <domain>';
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
