// What `proxy test-mail` does: sends a message, and follows it to the badge. Everything that must be there for the
// badge to arrive is looked at first, so that no message is left behind for nothing.

import type { Kysely } from 'kysely';
import { openDatabase } from '../../../database/database.ts';
import { migrate } from '../../../database/migrator.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { ProxyConfig, TestMailConfig } from '../../config.ts';
import { proxyMigrations } from '../../database/migrations.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { mailboxNameRule } from '../../mailbox-source-of.ts';
import { configuredSecret } from '../../mailboxes/configured-secret.ts';
import { canonicalMailboxName } from '../../mailboxes/mailbox-name.ts';
import { listNodes } from '../../nodes/list-nodes.ts';
import { readProxyObjectRow } from '../../publisher/proxy-object.ts';
import { checkPrerequisites } from '../../trust/prerequisites.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import { followMessage, type Snapshot, type Stage, takeSnapshot } from './follow-message.ts';
import { isLoopback, type MailTransport, sendMessage, whereOf } from './send-message.ts';

export type { Stage } from './follow-message.ts';

export type TestMailRequest = {
  user: string;
  /** In place of the configured ones. */
  via?:
    | { smtp: string; login?: { user: string; password: Secret } | undefined }
    | { lmtp: string }
    | undefined;
  from?: string | undefined;
  /** Where it is sent, when that is not the mailbox's own name. */
  to?: string | undefined;
  goal: 'accepted' | 'reported';
  timeoutMs: number;
};

export type TestMailResult = {
  mailbox: string;
  to: string;
  via: string;
  subject: string;
  /** Of paused icons, which get nothing. */
  paused: string[];
  stages: Stage[];
  /** Null when every icon got its badge. */
  diagnosis: Diagnosis | null;
};

export async function testMail(
  config: ProxyConfig,
  request: TestMailRequest,
  { clock, random }: { clock: Clock; random: Random },
  {
    onSent,
    onStage,
  }: { onSent(message: { to: string; via: string; subject: string }): void; onStage(stage: Stage): void },
): Promise<TestMailResult> {
  const transport = transportOf(request, config.test_mail);
  await using database = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  const [organization, , before] = await checkPrerequisites([
    () => enabledOrganization(db),
    () => someNode(db, clock),
    () => reachableMailbox(db, request.user, config),
  ]);
  const mailbox = before.mailbox.id;
  const id = random.bytes(4).toString('hex');
  const subject = `Mailbadge test message ${id}`;
  const to = request.to ?? recipientOf(before.mailbox.sign_in_name, transport, organization);
  const from = request.from ?? config.test_mail.from ?? `mailbadge-test@${organization}`;

  const sentAt = clock.now();
  const response = await sendMessage(transport, { id, from, to, subject }, { timeoutMs: request.timeoutMs });
  const acceptedAt = clock.now();
  const via = whereOf(transport);
  onSent({ to, via, subject });
  const sent: Stage = {
    stage: 'sent',
    at: acceptedAt,
    ms: acceptedAt - sentAt,
    iconId: null,
    detail: response,
  };
  onStage(sent);
  const { goal, timeoutMs } = request;
  const followed = await followMessage(db, before, { sentAt, goal, timeoutMs, clock, onStage });
  const stages = [sent, ...followed.stages];
  return {
    mailbox,
    to,
    via,
    subject,
    paused: before.icons.flatMap(icon => (icon.paused_at === null ? [] : [icon.id])),
    stages,
    diagnosis: followed.reached ? null : diagnose(before, followed.last, stages, { goal, now: clock.now() }),
  };
}

async function enabledOrganization(db: Kysely<ProxySchema>): Promise<string> {
  const object = await readProxyObjectRow(db);
  if (object?.enabled === 1) return object.organization ?? 'localhost.localdomain';
  throw new AppError('proxy-disabled', 'the proxy is disabled and publishes nothing', {
    hint: 'run "mailbadge proxy enable"',
  });
}

async function someNode(db: Kysely<ProxySchema>, clock: Clock): Promise<void> {
  if ((await listNodes(db, clock)).some(({ state }) => state === 'running')) return;
  throw new AppError('node-not-found', 'no proxy is running', { hint: 'start "mailbadge proxy serve"' });
}

/** With at least one icon that can get a badge. */
async function reachableMailbox(
  db: Kysely<ProxySchema>,
  user: string,
  config: ProxyConfig,
): Promise<Snapshot> {
  const id = canonicalMailboxName(user, mailboxNameRule(config));
  const row = await db
    .selectFrom('mailbox')
    .select(['id', 'state', 'state_detail'])
    .where(({ or, eb }) => or([eb('id', '=', id ?? ''), eb('sign_in_name', '=', user)]))
    .executeTakeFirst();
  if (row === undefined) {
    throw new AppError('mailbox-unknown', `nobody has signed in to the mailbox "${user}" on a device`, {
      hint: 'sign in with an app first; "mailbadge proxy mailboxes list" shows who did',
    });
  }
  const snapshot = await takeSnapshot(db, row.id);
  if (snapshot.icons.length === 0) {
    throw new AppError('subscription-not-found', `no device shows a badge for ${row.id}`, {
      hint: 'turn the badge on in the app; "mailbadge proxy subscription list --mailbox" tells what ended and why',
    });
  }
  if (row.state !== 'watched') {
    const detail = row.state_detail === null ? '' : `: ${row.state_detail}`;
    throw new AppError('mail-server-unreachable', `${row.id} is not watched, but ${row.state}${detail}`, {
      hint: 'run "mailbadge proxy doctor"',
    });
  }
  if (snapshot.icons.every(({ paused_at }) => paused_at !== null)) {
    throw new AppError('target-not-openable', `every device of ${row.id} is paused`, {
      hint: `they must register again; "mailbadge proxy why ${row.id}" tells why`,
    });
  }
  return snapshot;
}

function transportOf({ via }: TestMailRequest, { via: configured }: TestMailConfig): MailTransport {
  if (via !== undefined && 'lmtp' in via) {
    return via.lmtp.includes('/')
      ? { kind: 'lmtp-socket', path: via.lmtp }
      : { kind: 'lmtp', ...hostAndPort(via.lmtp, 24) };
  }
  if (via !== undefined) {
    const { host, port } = hostAndPort(via.smtp, 25);
    const security = port === 465 ? 'tls' : isLoopback(host) ? 'none' : 'starttls';
    return { kind: 'smtp', host, port, security, login: via.login };
  }
  switch (configured?.kind) {
    case undefined:
      throw new AppError('usage', 'how is the message to reach the mail server?', {
        hint: 'give --smtp HOST:PORT or --lmtp HOST:PORT (or a socket’s path), or set test_mail.via in the configuration',
      });
    case 'smtp': {
      const { ca_file: caFile, user, ...rest } = configured;
      const login =
        user === undefined ? undefined : { user, password: configuredSecret(rest, 'test_mail.via') };
      return { kind: 'smtp', host: rest.host, port: rest.port, security: rest.security, caFile, login };
    }
    case 'lmtp':
    case 'lmtp-socket':
      return configured;
  }
}

function hostAndPort(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new AppError('usage', `"${text}" is no mail server`, { hint: 'give it as mail.fabrikam.com:25' });
}

/** LMTP takes the names that the mail server itself has; SMTP wants an address. */
function recipientOf(name: string, { kind }: MailTransport, organization: string): string {
  return name.includes('@') || kind !== 'smtp' ? name : `${name}@${organization}`;
}
