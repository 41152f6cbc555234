// The authorization servers that this proxy trusts. Each is fetched, and found good, before a row is written; what
// was pinned as issuer and realm stays, for only an administrator may decide to trust somebody else.

import type { Kysely } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ProxySchema } from '../../database/schema.ts';
import {
  type AuthServer,
  type AuthServerPin,
  authServerOf,
  pinnedColumns,
  relayAuthServer,
} from './auth-server.ts';

/** Thumbprints of signing keys. */
export type KeyChange = { came: string[]; went: string[] };

const nameForm = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;

export class AuthServers {
  readonly #db: Kysely<ProxySchema>;
  readonly #clock: Clock;
  readonly #fetch: (metadataUrl: URL) => Promise<AuthServerPin>;

  constructor(options: {
    db: Kysely<ProxySchema>;
    clock: Clock;
    /** Throws an AppError that says why it cannot be trusted. */
    fetch: (metadataUrl: URL) => Promise<AuthServerPin>;
  }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#fetch = options.fetch;
  }

  /** The default one first, then by name. */
  async list(): Promise<AuthServer[]> {
    const rows = await this.#db
      .selectFrom('auth_server')
      .selectAll()
      .orderBy('is_default', 'desc')
      .orderBy('name')
      .execute();
    return rows.map(authServerOf);
  }

  async find(name: string): Promise<AuthServer> {
    const found = (await this.list()).find(server => server.name === name);
    if (found !== undefined) return found;
    throw new AppError('auth-server-not-found', `there is no authorization server "${name}"`, {
      hint: 'look at "mailbadge proxy trust auth-server list"',
    });
  }

  async add(
    name: string,
    metadataUrl: string,
    { makeDefault }: { makeDefault: boolean },
  ): Promise<AuthServer> {
    if (!nameForm.test(name)) {
      throw new AppError('usage', `"${name.slice(0, 80)}" cannot be the name of an authorization server`, {
        hint: 'take 1 to 64 letters, digits, spaces, dots, hyphens and underscores, a letter or digit first',
      });
    }
    if (name === relayAuthServer) throw reserved(name);
    const url = parseMetadataUrl(metadataUrl);
    if ((await this.list()).some(server => server.name === name)) {
      throw new AppError('auth-server-exists', `there is an authorization server "${name}" already`, {
        hint: 'change it with "mailbadge proxy trust auth-server set", or take another name',
      });
    }
    const pin = await this.#fetch(url);
    const now = this.#clock.now();
    await this.#db.transaction().execute(async transaction => {
      await refuseDuplicate(transaction, name, pin);
      await transaction
        .insertInto('auth_server')
        .values({
          name,
          metadata_url: url.href,
          ...pinnedColumns(pin),
          is_default: 0,
          created_at: now,
          changed_at: now,
          refreshed_at: now,
        })
        .execute();
      if (makeDefault) await setDefault(transaction, { name, realm: pin.realm }, now);
    });
    return this.find(name);
  }

  /** With another URL, whomever that document names is trusted from now on. */
  async set(
    name: string,
    { metadataUrl, makeDefault }: { metadataUrl?: string | undefined; makeDefault: boolean },
  ): Promise<AuthServer> {
    const before = await this.find(name);
    if (metadataUrl !== undefined && name === relayAuthServer) throw reserved(name);
    const url = metadataUrl === undefined ? undefined : parseMetadataUrl(metadataUrl);
    const pin = url === undefined ? before : await this.#fetch(url);
    const now = this.#clock.now();
    await this.#db.transaction().execute(async transaction => {
      await refuseDuplicate(transaction, name, pin);
      if (url !== undefined) {
        await transaction
          .updateTable('auth_server')
          .set({ metadata_url: url.href, ...pinnedColumns(pin), changed_at: now, refreshed_at: now })
          .where('name', '=', name)
          .execute();
      }
      if (makeDefault || before.isDefault) await setDefault(transaction, { name, realm: pin.realm }, now);
    });
    return this.find(name);
  }

  /** Fetches its document again; fails, and changes nothing, when it is somebody else's now. */
  async refresh(name: string): Promise<KeyChange> {
    const before = await this.find(name);
    const pin = await this.#fetch(new URL(before.metadataUrl));
    refuseOtherIdentity(before, pin);
    const changed = JSON.stringify(pinnedColumns(pin)) !== JSON.stringify(pinnedColumns(before));
    const now = this.#clock.now();
    await this.#db
      .updateTable('auth_server')
      .set({ ...(changed ? { ...pinnedColumns(pin), changed_at: now } : {}), refreshed_at: now })
      .where('name', '=', name)
      .where('issuer', '=', before.issuer) // it may have been moved in the meantime
      .execute();
    const [old, fresh] = [before, pin].map(({ signingKeys }) => signingKeys.map(key => key.thumbprint));
    return {
      came: fresh?.filter(key => !old?.includes(key)) ?? [],
      went: old?.filter(key => !fresh?.includes(key)) ?? [],
    };
  }

  /** Only by force when the access tokens come from it: nothing is published then until another is the default. */
  async remove(name: string, { force }: { force: boolean }): Promise<void> {
    const { isDefault } = await this.find(name);
    if (isDefault && !force) {
      throw new AppError('auth-server-in-use', `the access tokens come from "${name}"`, {
        hint: 'make another one the default with "mailbadge proxy trust auth-server set NAME --default", or add --force',
      });
    }
    await this.#db.deleteFrom('auth_server').where('name', '=', name).execute();
  }
}

export function parseMetadataUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new AppError('usage', `"${text.slice(0, 200)}" is not the URL of a metadata document`, {
    hint: 'give it as https://sts.example.com/.well-known/oauth-authorization-server',
  });
}

/** The relay's own is pinned together with the relay. */
function reserved(name: string): AppError {
  return new AppError('usage', `"${name}" belongs to the relay`, {
    hint: 'it is made and changed by "mailbadge proxy trust set-up --relay …"',
  });
}

/** One issuer, one row: whose keys and endpoints count must not be a question. */
export async function refuseDuplicate(
  db: Kysely<ProxySchema>,
  name: string,
  { issuer }: Pick<AuthServerPin, 'issuer'>,
): Promise<void> {
  const other = await db
    .selectFrom('auth_server')
    .select('name')
    .where('issuer', '=', issuer)
    .where('name', '!=', name)
    .executeTakeFirst();
  if (other === undefined) return;
  throw new AppError(
    'auth-server-exists',
    `the authorization server "${other.name}" has the issuer ${issuer} already`,
    {
      hint: 'refresh that one, or remove it first',
    },
  );
}

function refuseOtherIdentity(before: AuthServer, now: AuthServerPin): void {
  const differing = [
    ['issuer', before.issuer, now.issuer],
    ['realm', before.realm ?? 'any', now.realm ?? 'any'],
    // A relay says itself where its tokens are, each time that it is asked (relay-trust.ts).
    ...(before.kind === 'relay' ? [['token endpoint', before.tokenEndpoint, now.tokenEndpoint]] : []),
  ].find(([, pinned, fetched]) => pinned !== fetched);
  if (differing === undefined) return;
  const [what, pinned, fetched] = differing;
  throw new AppError(
    'auth-server-identity-changed',
    `the ${what} of "${before.name}" is now ${fetched}, but ${pinned} is trusted`,
    {
      hint:
        before.kind === 'relay'
          ? 'ask the relay’s operator; if the change is intended, run "mailbadge proxy trust set-up" again'
          : 'ask who runs it; an intended change needs remove and add',
    },
  );
}

/** A server of another realm cannot vouch for this organization. */
async function setDefault(
  db: Kysely<ProxySchema>,
  { name, realm }: { name: string; realm: string | null },
  now: number,
): Promise<void> {
  const ours = await db.selectFrom('relay_trust').select('realm').executeTakeFirst();
  const realmOfOurs = ours?.realm ?? null;
  if (realm !== null && realmOfOurs !== null && realm !== realmOfOurs) {
    throw new AppError(
      'usage',
      `"${name}" is for the realm ${realm}, and this organization’s is ${realmOfOurs}`,
      {
        hint: 'add it with the metadata URL for this organization’s realm',
      },
    );
  }
  await db.updateTable('auth_server').set({ is_default: 0 }).where('name', '!=', name).execute();
  await db
    .updateTable('auth_server')
    .set({ is_default: 1, changed_at: now })
    .where('name', '=', name)
    .execute();
}
