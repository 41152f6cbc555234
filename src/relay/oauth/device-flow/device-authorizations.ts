// The device flow's table (RFC 8628): a proxy waits, an administrator decides, the proxy fetches what the decision
// yields, once. The certificate is fixed when the proxy asks: what is shown, approved and later enrolled is the same.
// The device code is stored as a hash; the user code as it is, since people look it up, and it alone yields nothing.

import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { userCodeAlphabet } from '../../../contract/device-flow.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import { Secret } from '../../../runtime/secrets.ts';
import type { RelaySchema } from '../../database/schema.ts';
import type { Certificate } from '../../organizations/certificate.ts';
import { type EnrolmentCode, makeApprovedCode } from '../../organizations/enrolment-codes.ts';

export const lifetimeMs = 600_000;
export const intervalMs = 5000;
const slowDownMs = 5000; // RFC 8628 §3.5
/** A timer of the proxy's may fire this much early. */
const earlyMs = 500;
const userCodeLetters = 8;
const mostPending = { organization: 10, relay: 1000 };
/** So that a proxy that comes late is still told that the code expired. */
const keptMs = 3_600_000;

export type StartedAuthorization = { deviceCode: Secret; userCode: string; expiresAt: number };

export async function startDeviceAuthorization(
  db: Kysely<RelaySchema>,
  asked: { organizationId: string; certificate: Certificate; proxyVersion: string; address: string },
  { now, random }: { now: number; random: Random },
): Promise<StartedAuthorization> {
  const deviceCode = random.bytes(32).toString('base64url');
  const userCode = makeUserCode(random);
  const expiresAt = now + lifetimeMs;
  await db.transaction().execute(async transaction => {
    // Whoever runs the command again waits for the new code alone.
    await transaction
      .updateTable('device_authorization')
      .set({ expires_at: now })
      .where('organization_id', '=', asked.organizationId)
      .where('key_id', '=', asked.certificate.thumbprint)
      .where('address', '=', asked.address)
      .where('decision', 'is', null)
      .where('expires_at', '>', now)
      .execute();
    await transaction
      .insertInto('device_authorization')
      .values({
        device_code_hash: hash(deviceCode),
        user_code: userCode,
        organization_id: asked.organizationId,
        key_id: asked.certificate.thumbprint,
        certificate: asked.certificate.der,
        proxy_version: asked.proxyVersion,
        address: asked.address,
        created_at: now,
        expires_at: expiresAt,
        polled_at: null,
        interval_ms: intervalMs,
        decision: null,
        decided_at: null,
        decided_by: null,
        redeemed_at: null,
      })
      .execute();
    await assertRoom(transaction, asked.organizationId, now);
  });
  return { deviceCode: new Secret(deviceCode), userCode: shownUserCode(userCode), expiresAt };
}

/** Run in the transaction of the new row, which it undoes. */
async function assertRoom(db: Kysely<RelaySchema>, organizationId: string, now: number): Promise<void> {
  const { count, sum } = db.fn;
  const { pending, own } = await db
    .selectFrom('device_authorization')
    .select(({ eb }) => [
      count<number>('device_code_hash').as('pending'),
      sum<number>(eb.case().when('organization_id', '=', organizationId).then(1).else(0).end()).as('own'),
    ])
    .where('decision', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  if (own <= mostPending.organization && pending <= mostPending.relay) return;
  const whose = own > mostPending.organization ? 'for this organization' : 'at this relay';
  throw new AppError('too-many-requests', `too many proxies wait for approval ${whose}`, {
    hint: `decide on them in the relay's console, or wait ${lifetimeMs / 60_000} minutes; an enrolment code works meanwhile`,
    retryAfterMs: lifetimeMs,
  });
}

export type DevicePoll =
  | { kind: 'pending' }
  | { kind: 'too-fast' }
  | { kind: 'denied' }
  | { kind: 'expired' }
  /** Never issued, or redeemed before. */
  | { kind: 'unknown' }
  | { kind: 'approved'; organizationId: string; keyId: string; enrolment: EnrolmentCode };

/** One poll of the proxy's. Of many that come at once after an approval, one gets the code. */
export async function pollDeviceAuthorization(
  db: Kysely<RelaySchema>,
  deviceCode: string,
  { now, random }: { now: number; random: Random },
): Promise<DevicePoll> {
  const id = hash(deviceCode);
  const row = await db
    .selectFrom('device_authorization')
    .selectAll()
    .where('device_code_hash', '=', id)
    .executeTakeFirst();
  if (row === undefined || row.redeemed_at !== null) return { kind: 'unknown' };
  if (row.expires_at <= now) return { kind: 'expired' };
  if (row.decision === 'denied') return { kind: 'denied' };
  if (row.decision === 'approved') return redeem(db, id, { now, random });
  const tooFast = row.polled_at !== null && now - row.polled_at < row.interval_ms - earlyMs;
  await db
    .updateTable('device_authorization')
    .set(({ eb }) => ({
      polled_at: now,
      interval_ms: eb('interval_ms', '+', tooFast ? slowDownMs : 0),
    }))
    .where('device_code_hash', '=', id)
    .execute();
  return { kind: tooFast ? 'too-fast' : 'pending' };
}

async function redeem(
  db: Kysely<RelaySchema>,
  id: string,
  { now, random }: { now: number; random: Random },
): Promise<DevicePoll> {
  return db.transaction().execute(async transaction => {
    const redeemed = await transaction
      .updateTable('device_authorization')
      .set({ redeemed_at: now })
      .where('device_code_hash', '=', id)
      .where('decision', '=', 'approved')
      .where('redeemed_at', 'is', null)
      .returning(['organization_id', 'key_id', 'decided_by'])
      .executeTakeFirst();
    if (redeemed === undefined) return { kind: 'unknown' };
    const { organization_id: organizationId, key_id: keyId } = redeemed;
    const approval = { keyId, approvedBy: redeemed.decided_by ?? '' };
    const enrolment = await makeApprovedCode(transaction, { organizationId, approval, now }, random);
    return { kind: 'approved', organizationId, keyId, enrolment };
  });
}

export async function purgeDeviceAuthorizations(db: Kysely<RelaySchema>, now: number): Promise<void> {
  await db
    .deleteFrom('device_authorization')
    .where('expires_at', '<=', now - keptMs)
    .execute();
}

/** RFC 8628 §6.1: letters that make no words, and that nobody confuses. 34 bits, for ten minutes. */
function makeUserCode(random: Random): string {
  const unbiased = 256 - (256 % userCodeAlphabet.length);
  let code = '';
  while (code.length < userCodeLetters) {
    for (const byte of random.bytes(2 * userCodeLetters)) {
      if (byte < unbiased && code.length < userCodeLetters) {
        code += userCodeAlphabet[byte % userCodeAlphabet.length];
      }
    }
  }
  return code;
}

export function shownUserCode(userCode: string): string {
  return `${userCode.slice(0, 4)}-${userCode.slice(4)}`;
}

function hash(deviceCode: string): string {
  return createHash('sha256').update(deviceCode).digest('base64url');
}
