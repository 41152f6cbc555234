// The mail server: reachable, tells its events to the proxy, takes the proxy's credential, and how each mailbox stands.

import { stat } from 'node:fs/promises';
import type { Selectable } from 'kysely';
import { passwordPurpose } from '../../api/sessions/mailbox-account.ts';
import type { ProxyConfig } from '../../config.ts';
import type { MailboxTable } from '../../database/schema.ts';
import { dovecotRecountOf } from '../../mailbox-source-of.ts';
import { ImapAccess } from '../../mailboxes/imap/imap-access.ts';
import { imapServer } from '../../mailboxes/imap/imap-server.ts';
import { MasterLogin } from '../../mailboxes/imap/master-login.ts';
import type { RecountResult } from '../../mailboxes/mailbox-source.ts';
import { readCounts } from '../listing/read-overview.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { Examination } from './examination.ts';
import { codeOf } from './relay-checks.ts';

type Source = NonNullable<ProxyConfig['mailboxes']['source']>;

/** One mailbox may have trouble of its own. */
const triedMailboxes = 3;

export function mailChecks(examination: Examination): Check[] {
  const { config, network } = examination;
  const { source } = config.mailboxes;

  const server: Check = {
    name: 'mail server',
    run: async signal => {
      if (source === undefined) {
        return failed('the configuration names no mail server', 'add mailboxes.source');
      }
      for (const { host, port } of serversOf(source)) {
        try {
          await network.connect({ host, port }, signal);
        } catch (error) {
          return failed(
            `nothing listens at ${host}:${port}: ${codeOf(error)}`,
            'is the mail server running, and is mailboxes.source right?',
          );
        }
      }
      return ok(
        serversOf(source)
          .map(({ host, port }) => `${host}:${port}`)
          .join(', '),
      );
    },
  };

  const events: Check = {
    name: 'mail events',
    needs: ['proxy process'],
    run: async signal => {
      if (source?.kind !== 'dovecot') return ok('the proxy itself asks the mail server');
      const { listen } = source;
      if (!('path' in listen)) {
        await network.connect(listen, signal);
        return ok(`Dovecot’s events come to ${listen.host}:${listen.port}`);
      }
      const hint = 'the proxy makes it when it starts: start it again, and look into its log';
      const file = await stat(listen.path).catch(() => undefined);
      if (file === undefined) return failed(`there is no socket ${listen.path}`, hint);
      if (!file.isSocket()) return failed(`${listen.path} is no socket`, hint);
      try {
        await network.connect({ path: listen.path }, signal);
      } catch (error) {
        return failed(`nobody listens on ${listen.path}: ${codeOf(error)}`, hint);
      }
      const mode = file.mode & 0o777;
      if (mode !== Number.parseInt(listen.mode, 8)) {
        return warning(
          `${listen.path} has mode 0${mode.toString(8)}, and ${listen.mode} is configured`,
          'mail processes must be able to write to it',
        );
      }
      return ok(`Dovecot’s events come to ${listen.path}, mode 0${mode.toString(8)}`);
    },
  };

  const counting: Check = {
    name: 'counting',
    needs: ['mail server', 'key file', 'database'],
    run: async signal => {
      const mailboxes = await examination.db
        .get()
        .selectFrom('mailbox')
        .selectAll()
        .where('id', 'in', eb =>
          eb.selectFrom('subscription').select('mailbox_id').where('ended_at', 'is', null),
        )
        .orderBy(({ eb }) => eb('state', '=', 'watched'), 'desc')
        .orderBy('counted_at', 'desc')
        .limit(triedMailboxes)
        .execute();
      if (mailboxes.length === 0) return warning('not tried: no device has turned a badge on yet');
      const results: RecountResult[] = [];
      for (const mailbox of mailboxes) {
        const result = await count(mailbox, examination, signal);
        if (result.outcome === 'counted') return ok(`${mailbox.id} has ${result.count.unseen} unseen`);
        results.push(result);
      }
      const [first] = results;
      const detail = first === undefined || first.outcome === 'counted' ? '' : first.detail;
      const own = source?.kind === 'imap' && source.master === undefined;
      if (own && results.every(({ outcome }) => outcome === 'refused')) {
        return warning(
          `the mail server refuses ${results.map(({ mailboxId }) => mailboxId).join(', ')}: ${detail}`,
          'these persons must sign in again in the app',
        );
      }
      return failed(
        `${first?.mailboxId} cannot be counted: ${detail}`,
        first?.outcome === 'refused' || /refused$/.test(detail)
          ? 'the credential in mailboxes.source is not the mail server’s: mend the one that differs'
          : 'mend what the mail server says; "mailbadge proxy mailbox list" tells of all mailboxes',
      );
    },
  };

  const mailboxes: Check = {
    name: 'mailboxes',
    needs: ['database'],
    run: async () => {
      const { mailboxes } = await readCounts(examination.db.get(), examination.clock.now());
      const detail = Object.entries(mailboxes)
        .filter(([, count]) => count > 0)
        .map(([state, count]) => `${count} ${state}`)
        .join(', ');
      const troubled = mailboxes.unreachable + mailboxes.refused + mailboxes.gone;
      const hint = 'see which: "mailbadge proxy mailbox list"';
      if (troubled > 0 && mailboxes.watched === 0) return failed(detail, hint);
      return troubled > 0 ? warning(detail, hint) : ok(detail === '' ? 'none is subscribed' : detail);
    },
  };

  return [server, events, counting, mailboxes];
}

function serversOf(source: Source): { host: string; port: number }[] {
  if (source.kind === 'imap') return [{ host: source.host, port: source.port }];
  const imap = { host: source.imap.host, port: source.imap.port };
  if (source.recount.kind !== 'doveadm') return [imap];
  const { hostname, port, protocol } = new URL(source.recount.url);
  return [{ host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) }, imap];
}

async function count(
  { id, sign_in_name: signInName, sealed_password: sealed }: Selectable<MailboxTable>,
  { config, clock, fetch, secrets }: Examination,
  signal: AbortSignal,
): Promise<RecountResult> {
  const { source } = config.mailboxes;
  if (source === undefined) return { mailboxId: id, outcome: 'unreachable', detail: 'no mail server' };
  const access = new ImapAccess({
    server: imapServer(source.kind === 'imap' ? source : source.imap),
    clock,
  });
  const mailbox = { id, signInName };
  if (source.kind === 'dovecot') {
    return single(await dovecotRecountOf(source.recount, { access, fetch, clock })([mailbox], { signal }));
  }
  if (source.master !== undefined) {
    const master = new MasterLogin(source.master);
    return single(await access.recount([mailbox], { master, signal }));
  }
  if (sealed === null) return { mailboxId: id, outcome: 'refused', detail: 'its password is not known' };
  const password = secrets.get().open(passwordPurpose(id), sealed);
  return access.count(mailbox, { user: signInName, password }, signal);
}

function single([result]: readonly RecountResult[]): RecountResult {
  if (result === undefined) throw new Error('a recount answers for each mailbox');
  return result;
}
