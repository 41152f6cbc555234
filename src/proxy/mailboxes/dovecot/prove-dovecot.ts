// Proves Dovecot's configuration with a real mailbox: signs in, makes a change that leaves nothing behind, waits for
// its event, and compares what Dovecot calls the mailbox with what a device will be signed in as, and the event's
// count with a recount. Each difference would otherwise mean: silently never a badge.

import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import { socketsQuiet } from '../../../runtime/sockets-quiet.ts';
import { canonicalMailboxName, type MailboxNameRule } from '../mailbox-name.ts';
import type { MailboxCount, MailboxSource } from '../mailbox-source.ts';
import type { Recount } from './dovecot-source.ts';
import { type RespAddress, RespListener } from './resp-listener.ts';
import { parseStatusKey, parseStatusValue } from './status-value.ts';

export type DovecotProof = { mailboxId: string; eventName: string; unseen: number; eventMs: number };

export type ProveDovecotOptions = {
  address: RespAddress;
  keyPrefix: string;
  nameRule: MailboxNameRule;
  signIn: MailboxSource['signIn'];
  /** Appends a message to the person's INBOX and removes it; a text says why that failed. */
  makeChange(signInName: string, password: Secret): Promise<string | undefined>;
  recount: Recount;
  clock: Clock;
  /** How long an event may take once the change was made. */
  patienceMs?: number;
};

type Told = { name: string; mailboxId: string | undefined; count: MailboxCount | undefined; at: number };

/** Fails with an AppError that says what differs and how to mend it. */
export async function proveDovecot(
  signInName: string,
  password: Secret,
  {
    address,
    keyPrefix,
    nameRule,
    signIn,
    makeChange,
    recount,
    clock,
    patienceMs = 5000,
  }: ProveDovecotOptions,
): Promise<DovecotProof> {
  const mailboxId = canonicalMailboxName(signInName, nameRule);
  if (mailboxId === undefined)
    throw failed(`"${signInName}" cannot be a mailbox name`, 'give the name that signs in');
  const signedIn = await signIn(signInName, password);
  if (signedIn.outcome === 'refused') {
    throw new AppError('sign-in-refused', `the mail server refuses ${signInName}’s password`, {
      hint: 'try the same name and password in a mail program',
    });
  }
  if (signedIn.outcome === 'unreachable') {
    throw new AppError('mail-server-unreachable', `the IMAP server cannot be used: ${signedIn.detail}`, {
      hint: 'mend mailboxes.source.imap',
    });
  }

  const told: Told[] = [];
  let foreign = 0;
  let wake: () => void = () => undefined;
  await using _listener = await RespListener.open({
    address,
    clock,
    onFault: () => undefined,
    onChange: ({ key, value }) => {
      const name = parseStatusKey(key, keyPrefix);
      if (name === undefined) foreign += 1;
      else {
        const count = value === undefined ? undefined : parseStatusValue(value);
        told.push({ name, mailboxId: canonicalMailboxName(name, nameRule), count, at: clock.monotonic() });
      }
      wake();
      return name !== undefined;
    },
  });
  const startedAt = clock.monotonic();
  const fault = await makeChange(signInName, password);
  if (fault !== undefined)
    throw failed(
      `the test message could not be appended and removed: ${fault}`,
      'is the mailbox over its quota?',
    );

  const deadline = clock.monotonic() + patienceMs;
  const ours = (): Told | undefined => told.findLast(event => event.mailboxId === mailboxId);
  while (ours() === undefined && clock.monotonic() < deadline) {
    const woken = Promise.withResolvers<void>();
    wake = woken.resolve;
    const timer = clock.after(deadline - clock.monotonic(), woken.resolve);
    await woken.promise;
    timer.cancel();
    await socketsQuiet(); // what came while this machine stood still
  }
  const event = ours();
  if (event === undefined) throw silence({ mailboxId, told, foreign });
  if (event.count === undefined) {
    throw failed(
      'Dovecot’s event carries a value that cannot be read',
      'copy notify_status_value exactly as "mailbadge proxy set-up dovecot" prints it',
    );
  }

  for (;;) {
    const [result] = await recount([{ id: mailboxId, signInName }], { signal: new AbortController().signal });
    if (result?.outcome !== 'counted') {
      const detail = result === undefined ? 'no answer' : result.detail;
      throw failed(
        `events work, but the mailbox cannot be counted: ${detail}`,
        'mend mailboxes.source.recount',
      );
    }
    const newest = ours() ?? event;
    if (newest.count?.unseen === result.count.unseen) {
      return {
        mailboxId,
        eventName: newest.name,
        unseen: result.count.unseen,
        eventMs: Math.round(event.at - startedAt),
      };
    }
    if (clock.monotonic() > deadline) {
      throw failed(
        `the event tells ${newest.count?.unseen} unseen, the recount ${result.count.unseen}`,
        'do mailboxes.source.recount and .imap name the same server as the one that sends the events?',
      );
    }
    await clock.sleep(100); // mail may arrive in the middle of a proof
  }
}

/** Why no event of the mailbox came. */
function silence({
  mailboxId,
  told,
  foreign,
}: {
  mailboxId: string;
  told: Told[];
  foreign: number;
}): AppError {
  if (told.length > 0) {
    const names = [...new Set(told.map(({ name }) => `"${name}"`))].slice(0, 3).join(', ');
    return failed(
      `Dovecot told of ${names}, and not of "${mailboxId}", as the mailbox would be called here`,
      'make the names equal: mailboxes.name (lower_case, default_domain, strip_domain), or Dovecot’s auth_username_format',
    );
  }
  if (foreign > 0) {
    return failed(
      'Dovecot’s events come with another secret prefix',
      'prefix= in notify_status_dict must be mailboxes.source.prefix_secret followed by /',
    );
  }
  return failed(
    'Dovecot told nothing of the change',
    'is the printed configuration in force (doveconf plugin mail_plugins; doveadm reload), and may mail processes write to the socket? Dovecot’s log names the error',
  );
}

function failed(message: string, hint: string): AppError {
  return new AppError('mail-server-proof-failed', message, { hint });
}
