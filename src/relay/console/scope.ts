// What one signed-in person may see and do: the only place where roles are enforced. An operator has the whole relay.
// An administrator has one organization, and everything else is answered as if it did not exist: the same error, with
// the same words, for another organization's id as for one that nobody has.

import type { Kysely } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { RelayActions } from '../administration/relay-administration.ts';
import { type Administrator, administratorById } from '../administrators/administrators.ts';
import type { Actor } from '../administrators/audit-log.ts';
import type { RelaySchema } from '../database/schema.ts';
import { type KeyCredential, keyCredentialsOf } from '../organizations/key-credentials.ts';
import {
  listOrganizations,
  type Organization,
  organizationById,
  organizationInactive,
} from '../organizations/organizations.ts';

export class Scope {
  readonly administrator: Administrator;
  readonly actor: Actor;
  /** What can be done, in the name of this person. */
  readonly actions: RelayActions;
  readonly #db: Kysely<RelaySchema>;

  constructor({
    administrator,
    actor,
    actions,
    db,
  }: { administrator: Administrator; actor: Actor; actions: RelayActions; db: Kysely<RelaySchema> }) {
    this.administrator = administrator;
    this.actor = actor;
    this.actions = actions;
    this.#db = db;
  }

  get isOperator(): boolean {
    return this.administrator.role === 'operator';
  }

  /** The one that the person is held to; undefined for an operator. */
  get organizationId(): string | undefined {
    if (this.isOperator) return undefined;
    const { organizationId } = this.administrator;
    if (organizationId === null) throw new Error('an administrator without an organization');
    return organizationId;
  }

  requireOperator(): void {
    if (this.isOperator) return;
    throw new AppError('operators-only', 'only the relay’s operators may do this', {
      hint: 'ask the relay’s operator',
    });
  }

  /** Whoever belongs to a deactivated organization sees why, and changes nothing. */
  requireActive(): void {
    const { organizationActive, organization } = this.administrator;
    if (!organizationActive) throw organizationInactive(organization ?? '');
  }

  async organizations(): Promise<Organization[]> {
    if (this.organizationId === undefined) return listOrganizations(this.#db);
    return [await this.organization(this.organizationId)];
  }

  async organization(id: string): Promise<Organization> {
    const mine = this.organizationId === undefined || this.organizationId === id;
    const organization = mine ? await organizationById(this.#db, id) : undefined;
    if (organization !== undefined) return organization;
    throw new AppError('organization-not-found', 'there is no such organization', {
      hint: 'the list of organizations shows those that you may see',
    });
  }

  async credential(organizationId: string, keyId: string): Promise<KeyCredential> {
    const { applicationId } = await this.organization(organizationId);
    const credentials = await keyCredentialsOf(this.#db, applicationId);
    const credential = credentials.find(each => each.keyId === keyId);
    if (credential !== undefined) return credential;
    throw new AppError('not-found', 'the organization has no such key credential');
  }

  /** Somebody whom this person may manage; an administrator manages those of the own organization. */
  async colleague(id: string): Promise<Administrator> {
    const found = await administratorById(this.#db, id);
    const mine = this.organizationId === undefined || found?.organizationId === this.organizationId;
    if (found !== undefined && mine) return found;
    throw new AppError('administrator-not-found', 'there is no such account', {
      hint: 'the list of administrators shows those that you may see',
    });
  }
}
