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

/** The canonical name, or undefined for a name that no mailbox can have. */
export function canonicalMailboxName(name: string, rule: MailboxNameRule): string | undefined {
  let canonical = name.trim().normalize('NFC');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (canonical === '' || canonical.length > 320 || /[\u0000-\u0020\u007f]/.test(canonical)) return undefined;
  if (rule.lowerCase) canonical = canonical.toLowerCase();
  const at = canonical.lastIndexOf('@');
  if (rule.stripDomain && at > 0) canonical = canonical.slice(0, at);
  if (!rule.stripDomain && at === -1 && rule.defaultDomain !== undefined)
    canonical = `${canonical}@${rule.defaultDomain}`;
  return canonical;
}
