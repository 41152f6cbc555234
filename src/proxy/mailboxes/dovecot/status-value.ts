// What notify_status writes: the key <prefix><user>/status/INBOX and, as value, the JSON that our configuration for
// Dovecot makes it compose. Dovecot does not escape for JSON, so the user is taken from the key and the value is
// only read for numbers; a value that cannot be read still tells that something changed.

import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { MailboxCount } from '../mailbox-source.ts';

/** The value of `notify_status_value`, for dovecot.conf (where %% is a % for later). */
export const notifyStatusValue =
  '{"unseen":%%{unseen},"uidvalidity":%%{uidvalidity},"modseq":%%{highest_modseq}}';

const suffix = '/status/INBOX';

const statusValue = z.object({
  unseen: z.int().min(0),
  uidvalidity: z.int().min(0),
  modseq: z.int().min(0),
});

/** The user whose INBOX changed, or undefined for a key that is not ours. */
export function parseStatusKey(key: string, prefix: string): string | undefined {
  const given = Buffer.from(key).subarray(0, Buffer.byteLength(prefix));
  const wanted = Buffer.from(prefix);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const rest = key.slice(prefix.length);
  return rest.endsWith(suffix) && rest.length > suffix.length ? rest.slice(0, -suffix.length) : undefined;
}

/** The count that Dovecot tells, or undefined when it cannot be read. */
export function parseStatusValue(text: string): MailboxCount | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = statusValue.safeParse(raw);
  if (!parsed.success) return undefined;
  const { unseen, uidvalidity, modseq } = parsed.data;
  return { unseen, version: { uidValidity: uidvalidity, modSeq: modseq } };
}
