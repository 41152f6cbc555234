// The people who may sign in to the console, as an operator (or an administrator, for the own organization) adds and
// changes them.

import { Secret } from '../../runtime/secrets.ts';
import {
  type Administrator,
  addAdministrator,
  administratorByEmail,
  disableAdministrator,
  enableAdministrator,
  listAdministrators,
  setPassword,
} from '../administrators/administrators.ts';
import { type AuditEntry, listAudit } from '../administrators/audit-log.ts';
import { generatePassword, parseNewPassword } from '../administrators/password.ts';
import { removeTotp } from '../administrators/totp.ts';
import { organizationByDomain } from '../organizations/organizations.ts';
import type { AdministrationContext } from './administration-context.ts';

/** `password` is there only when it was generated: it is shown once. */
export type WithPassword = { administrator: Administrator; password: Secret | undefined };

export type AdministratorsAdministration = {
  /** `organization` is a domain; without one it is an operator. Without a password, one is generated. */
  addAdministrator(
    email: string,
    options: { organization: string | undefined; password?: Secret | undefined },
  ): Promise<WithPassword>;
  listAdministrators(options?: { organization?: string }): Promise<Administrator[]>;
  resetPassword(email: string, options?: { password?: Secret | undefined }): Promise<WithPassword>;
  disableAdministrator(email: string): Promise<Administrator>;
  enableAdministrator(email: string): Promise<Administrator>;
  /** Switches the one-time codes of somebody off who lost the phone. */
  removeTotp(email: string): Promise<Administrator>;
  /** Newest first. */
  audit(options: {
    organization?: string;
    since?: number;
    before?: number;
    limit: number;
  }): Promise<{ entries: AuditEntry[]; more: boolean }>;
};

export function administratorsAdministration(context: AdministrationContext): AdministratorsAdministration {
  const { db, clock, random, actor, passwords } = context;
  const act = () => ({ now: clock.now(), actor });
  const byEmail = (email: string) => administratorByEmail(db, email);
  const newPassword = async (given: Secret | undefined) => {
    const generated = given === undefined ? new Secret(generatePassword(random)) : undefined;
    const password = parseNewPassword((given ?? generated)?.reveal() ?? '');
    return { generated, passwordHash: await passwords.hash(password) };
  };

  return {
    async addAdministrator(email, { organization, password }) {
      const organizationId =
        organization === undefined ? null : (await organizationByDomain(db, organization)).id;
      const { generated, passwordHash } = await newPassword(password);
      const role = organizationId === null ? ('operator' as const) : ('administrator' as const);
      const account = { email, role, organizationId, passwordHash };
      return {
        administrator: await addAdministrator(db, account, { ...act(), random }),
        password: generated,
      };
    },
    listAdministrators: async ({ organization } = {}) =>
      listAdministrators(
        db,
        organization === undefined
          ? {}
          : { organizationId: (await organizationByDomain(db, organization)).id },
      ),
    async resetPassword(email, { password } = {}) {
      const known = await byEmail(email);
      const { generated, passwordHash } = await newPassword(password);
      const action = 'administrator.reset-password' as const;
      return {
        administrator: await setPassword(db, known, passwordHash, { ...act(), action }),
        password: generated,
      };
    },
    disableAdministrator: async email => disableAdministrator(db, await byEmail(email), act()),
    enableAdministrator: async email => enableAdministrator(db, await byEmail(email), act()),
    async removeTotp(email) {
      await removeTotp(db, await byEmail(email), act());
      return byEmail(email);
    },
    async audit({ organization, ...page }) {
      if (organization === undefined) return listAudit(db, page);
      return listAudit(db, { ...page, organizationId: (await organizationByDomain(db, organization)).id });
    },
  };
}
