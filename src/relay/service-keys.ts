// The relay's own keys, by purpose: made when first asked for, sealed at rest under the key file, kept as a ring.
// The newest key seals and signs, every key of the ring opens and verifies; rotating adds one and removes none,
// since sealed targets live at the proxies for months.

import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import type { Kysely, Selectable } from 'kysely';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import type { RelaySchema, ServiceKeyTable } from './database/schema.ts';

export type SymmetricPurpose = 'seal' | 'target-id' | 'challenge';
export type SigningPurpose = 'token-signing' | `vapid:${string}`;
export type SigningAlgorithm = 'RS256' | 'ES256';

export type SymmetricKey = { id: string; key: KeyObject };
export type SigningKey = {
  id: string;
  privateKey: KeyObject;
  publicJwk: JWK;
  /** When a newer key took its place; null for the one that signs. */
  retiredAt: number | null;
};

type StoredKey = {
  id: string;
  purpose: string;
  key: KeyObject;
  publicJwk: JWK | null;
  createdAt: number;
  retiredAt: number | null;
};

type Collaborators = { db: Kysely<RelaySchema>; box: SecretBox; clock: Clock; random: Random };

const generate = promisify(generateKeyPair);

export class ServiceKeys {
  readonly #db: Kysely<RelaySchema>;
  readonly #box: SecretBox;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Newest first. */
  #keys: StoredKey[] = [];

  private constructor({ db, box, clock, random }: Collaborators) {
    this.#db = db;
    this.#box = box;
    this.#clock = clock;
    this.#random = random;
  }

  /** Opens every stored key; fails when the key file is not the one that sealed them. */
  static async open(collaborators: Collaborators): Promise<ServiceKeys> {
    const keys = new ServiceKeys(collaborators);
    await keys.reload();
    return keys;
  }

  /** Reads the database again: after another process rotated a key. Those that are open stay open. */
  async reload(): Promise<void> {
    const rows = await this.#db
      .selectFrom('service_key')
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
    const opened = new Map(this.#keys.map(key => [key.id, key.key]));
    this.#keys = rows.map(row => ({
      id: row.id,
      purpose: row.purpose,
      key: opened.get(row.id) ?? this.#open(row),
      publicJwk: row.public_jwk === null ? null : (JSON.parse(row.public_jwk) as JWK),
      createdAt: row.created_at,
      retiredAt: row.retired_at,
    }));
  }

  /** The ring of 256-bit keys, newest first; makes the first one. */
  async symmetric(purpose: SymmetricPurpose): Promise<SymmetricKey[]> {
    if (this.#ring(purpose).length === 0) await this.#add(purpose, await this.#newSymmetric(purpose));
    return this.#ring(purpose).map(({ id, key }) => ({ id, key }));
  }

  /** The ring of signing keys, newest first; makes the first one. */
  async signing(purpose: SigningPurpose, alg: SigningAlgorithm): Promise<SigningKey[]> {
    if (this.#ring(purpose).length === 0) await this.#add(purpose, await this.#newSigning(purpose, alg));
    return this.#ring(purpose).flatMap(({ id, key, publicJwk, retiredAt }) =>
      publicJwk === null ? [] : [{ id, privateKey: key, publicJwk, retiredAt }],
    );
  }

  /** Puts a new key in front of an existing ring; `also` runs in the same transaction. A ring that was never used needs no rotation. */
  async rotate(
    purpose: SymmetricPurpose | SigningPurpose,
    also: (transaction: Kysely<RelaySchema>) => Promise<void> = async () => {},
  ): Promise<void> {
    const [newest] = this.#ring(purpose);
    if (newest === undefined) return;
    const alg = newest.publicJwk?.alg as SigningAlgorithm | undefined;
    const made = alg === undefined ? await this.#newSymmetric(purpose) : await this.#newSigning(purpose, alg);
    await this.#add(purpose, made, { previous: newest, also });
  }

  #open({ id, purpose, sealed_key, public_jwk }: Selectable<ServiceKeyTable>): KeyObject {
    const material = this.#box.open(sealPurpose(purpose, id), sealed_key).reveal();
    return public_jwk === null
      ? createSecretKey(Buffer.from(material, 'base64url'))
      : createPrivateKey(material);
  }

  #ring(purpose: string): StoredKey[] {
    return this.#keys.filter(key => key.purpose === purpose);
  }

  async #newSymmetric(purpose: string): Promise<NewKey> {
    const id = newKeyId(this.#random);
    const material = this.#random.bytes(32).toString('base64url');
    return { id, sealed_key: this.#box.seal(sealPurpose(purpose, id), material), public_jwk: null };
  }

  async #newSigning(purpose: string, alg: SigningAlgorithm): Promise<NewKey> {
    const id = newKeyId(this.#random);
    const { privateKey } =
      alg === 'RS256'
        ? await generate('rsa', { modulusLength: 2048 })
        : await generate('ec', { namedCurve: 'P-256' });
    const material = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
    return {
      id,
      sealed_key: this.#box.seal(sealPurpose(purpose, id), material),
      public_jwk: JSON.stringify({ ...jwk, kid: id, alg, use: 'sig' }),
    };
  }

  /** Stores `made` unless another process was faster: then its key counts, and this one is forgotten. */
  async #add(
    purpose: string,
    made: NewKey,
    replacing?: { previous: StoredKey; also: (transaction: Kysely<RelaySchema>) => Promise<void> },
  ): Promise<void> {
    const previous = replacing?.previous;
    const now = this.#clock.now();
    const createdAt = Math.max(now, (previous?.createdAt ?? 0) + 1); // the order holds though the clock went back
    await this.#db.transaction().execute(async transaction => {
      const inserted = await transaction
        .insertInto('service_key')
        .columns(['id', 'purpose', 'sealed_key', 'public_jwk', 'created_at', 'retired_at'])
        .expression(
          transaction
            .selectNoFrom(({ val }) => [
              val(made.id).as('id'),
              val(purpose).as('purpose'),
              val(made.sealed_key).as('sealed_key'),
              val(made.public_jwk).as('public_jwk'),
              val(createdAt).as('created_at'),
              val<number | null>(null).as('retired_at'),
            ])
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom('service_key')
                    .select('id')
                    .where('purpose', '=', purpose)
                    .where('created_at', '>', previous?.createdAt ?? -1),
                ),
              ),
            ),
        )
        .executeTakeFirst();
      if (replacing === undefined || inserted.numInsertedOrUpdatedRows !== 1n) return;
      await transaction
        .updateTable('service_key')
        .set({ retired_at: now })
        .where('purpose', '=', purpose)
        .where('id', '!=', made.id)
        .where('retired_at', 'is', null)
        .execute();
      await replacing.also(transaction);
    });
    await this.reload();
  }
}

type NewKey = { id: string; sealed_key: string; public_jwk: string | null };

/** 64 random bits: short, since it stands in every sealed target. */
function newKeyId(random: Random): string {
  return random.bytes(8).toString('base64url');
}

function sealPurpose(purpose: string, id: string): string {
  return `service-key:${purpose}:${id}`;
}
