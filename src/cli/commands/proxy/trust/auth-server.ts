// mailbadge proxy trust auth-server list | add | set | refresh | remove: the original's *-AuthServer commands.

import type { Command } from 'commander';
import {
  type AuthServer,
  administerAuthServers,
  type KeyChange,
} from '../../../../proxy/administration/auth-server-administration.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { confirm } from '../../../confirm.ts';
import { listForm, type Output, processOutput } from '../../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../../proxy-config.ts';
import { instant } from '../../../table.ts';

type Options = ProxyConfigOption & { json: boolean };
type Work<T> = Parameters<typeof administerAuthServers<T>>[2];

export function addProxyTrustAuthServer(trust: Command): void {
  const noun = trust
    .command('auth-server')
    .description('authorization servers: whom this proxy trusts to give access tokens');
  const verb = (name: string, description: string): Command =>
    noun
      .command(name)
      .description(description)
      .option('--json', 'print one JSON document, for machines', false)
      .addOption(proxyConfigOption());

  verb('list', 'show them, the default one first').action(list);
  verb('add <name>', 'trust another one: its metadata is fetched, checked and pinned')
    .requiredOption('--metadata-url <url>', 'https URL of its metadata document (OAuth, S2S or a relay’s)')
    .option('--default', 'take the access tokens from it', false)
    .action(add);
  verb('set <name>', 'change where its metadata is, or make it the default')
    .option('--metadata-url <url>', 'its metadata is here now: whoever that document names is trusted')
    .option('--default', 'take the access tokens from it', false)
    .action(set);
  verb('refresh [name]', 'fetch its metadata again (of all, without a name)').action(refresh);
  verb('remove <name>', 'trust it no more')
    .option('--force', 'do not ask, and remove it even if it is the default one', false)
    .action(remove);
}

async function list(options: Options): Promise<void> {
  const output = processOutput();
  const servers = await administer(options, all => all.list());
  if (options.json) return output.printJson({ authServers: servers.map(publicForm) });
  if (servers.length === 0) return output.note('There is none yet: run "mailbadge proxy trust set-up".');
  output.print(servers.map(form).join('\n\n'));
}

async function add(
  name: string,
  options: Options & { metadataUrl: string; default: boolean },
): Promise<void> {
  const added = await administer(options, servers =>
    servers.add(name, options.metadataUrl, { makeDefault: options.default }),
  );
  print(added, options);
}

async function set(
  name: string,
  options: Options & { metadataUrl?: string; default: boolean },
): Promise<void> {
  const { metadataUrl } = options;
  if (metadataUrl === undefined && !options.default) {
    throw new AppError('usage', 'there is nothing to set', { hint: 'give --metadata-url or --default' });
  }
  const changed = await administer(options, servers =>
    servers.set(name, { metadataUrl, makeDefault: options.default }),
  );
  print(changed, options);
}

async function refresh(name: string | undefined, options: Options): Promise<void> {
  const output = processOutput();
  const failures: AppError[] = [];
  const refreshed: ({ name: string } & KeyChange)[] = [];
  await administer(options, async servers => {
    const names = name === undefined ? (await servers.list()).map(server => server.name) : [name];
    for (const each of names) {
      try {
        refreshed.push({ name: each, ...(await servers.refresh(each)) });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        failures.push(error);
      }
    }
  });
  if (options.json) output.printJson({ refreshed });
  else for (const change of refreshed) printKeyChange(change, output);
  const [first, ...rest] = failures;
  for (const { message } of rest) output.warn(message);
  if (first !== undefined) throw first;
}

async function remove(name: string, options: Options & { force: boolean }): Promise<void> {
  const output = processOutput();
  await administer(options, async servers => {
    const { isDefault } = await servers.find(name);
    if (!options.force && !isDefault) {
      const yes = await confirm(`Remove the authorization server "${name}"?`, {
        hint: 'add --force to remove it without asking',
      });
      if (!yes) {
        output.note('Nothing was changed.');
        process.exitCode = 1;
        return;
      }
    }
    await servers.remove(name, { force: options.force });
    if (options.json) output.printJson({ removed: name });
    output.note(`Removed "${name}".`);
    if (isDefault) output.warn('access tokens come from nowhere now: make another one the default');
  });
}

function administer<T>(options: Options, work: Work<T>): Promise<T> {
  return administerAuthServers(loadProxyConfig(options), { clock: new SystemClock() }, work);
}

function print(server: AuthServer, { json }: Options): void {
  const output = processOutput();
  if (json) output.printJson(publicForm(server));
  else output.print(form(server));
}

function printKeyChange({ name, came, went }: { name: string } & KeyChange, output: Output): void {
  for (const key of came) output.print(`${name}: signs with ${key} now`);
  for (const key of went) output.print(`${name}: no longer signs with ${key}`);
  if (came.length + went.length === 0) output.print(`${name}: the same keys as before`);
}

const kindNames = { relay: 'Relay', oauth: 'OAuth', s2s: 'S2S' };

/** With the original's property names. */
function form(server: AuthServer): string {
  return listForm([
    ['Name', server.name],
    ['Type', kindNames[server.kind]],
    ['IssuerIdentifier', server.issuer],
    ['Realm', server.realm ?? ''],
    ['TokenIssuingEndpoint', server.tokenEndpoint],
    ['AuthMetadataUrl', server.metadataUrl],
    ['SigningKeys', `{${server.signingKeys.map(key => key.thumbprint).join(', ')}}`],
    ['IsDefaultAuthorizationEndpoint', server.isDefault ? 'True' : 'False'],
    ['WhenCreatedUTC', instant(server.createdAt)],
    ['WhenChangedUTC', instant(server.changedAt)],
    ['WhenRefreshedUTC', instant(server.refreshedAt)],
  ]);
}

function publicForm({ signingKeys, ...server }: AuthServer) {
  return {
    ...server,
    signingKeys: signingKeys.map(({ thumbprint, notAfter }) => ({ thumbprint, notAfter })),
  };
}
