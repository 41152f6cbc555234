// The canonical name of a mailbox, by a configured rule, kept beside the name used to sign in. A sign-in name
// whose event name differs would silently never get a badge: `proxy set-up dovecot` proves the rule.

export type MailboxNameRule = {
  /** Lower-case the whole name (Dovecot's `auth_username_format = %Lu`). */
  lowerCase: boolean;
  /** Added to a name without a domain; `undefined` leaves it bare. */
  defaultDomain?: string | undefined;
  /** Take the domain off: for servers whose events name only the local part. */
  stripDomain: boolean;
};

/** Two names that look alike are one mailbox's. The zero-width joiners are letters of some scripts (RFC 5892 A.1, A.2). */
const invisible = /[\p{Cc}\p{Cs}\p{Z}]|(?![\u200c\u200d])\p{Cf}/u;

/** The canonical name, or undefined for a name that no mailbox can have. */
export function canonicalMailboxName(name: string, rule: MailboxNameRule): string | undefined {
  let canonical = name.trim().normalize('NFC');
  if (canonical === '' || canonical.length > 320 || invisible.test(canonical)) return undefined;
  if (rule.lowerCase) canonical = canonical.toLowerCase();
  const at = canonical.lastIndexOf('@');
  if (rule.stripDomain && at > 0) canonical = canonical.slice(0, at);
  if (!rule.stripDomain && at === -1 && rule.defaultDomain !== undefined)
    canonical = `${canonical}@${rule.defaultDomain}`;
  return canonical;
}
