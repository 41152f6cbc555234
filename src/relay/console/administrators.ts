// /administrators: the people who may sign in. An administrator manages those of the own organization.

import type { z } from 'zod';
import {
  addAdministratorSchema,
  type addedAdministratorSchema,
  type administratorListSchema,
} from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import type { WithPassword } from '../administration/administrators-administration.ts';
import { type Administrator, listAdministrators } from '../administrators/administrators.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { readBody } from './read-body.ts';
import type { Scope } from './scope.ts';

type NewAdministrator = z.output<typeof addAdministratorSchema>;

export function addAdministrators(app: ConsoleApp, { db }: ConsoleParts): void {
  app.get('/administrators', async context => {
    const { organizationId } = context.get('scope');
    const found = await listAdministrators(db, organizationId === undefined ? {} : { organizationId });
    return context.json({ administrators: found.map(describe) });
  });

  app.post('/administrators', async context => {
    const scope = context.get('scope');
    const request = await readBody(context, addAdministratorSchema);
    const organization = await domainFor(scope, request);
    return context.json(
      withPassword(await scope.actions.addAdministrator(request.email, { organization })),
      201,
    );
  });

  app.post('/administrators/:id/disable', async context => {
    const scope = context.get('scope');
    const { email } = await other(scope, context.req.param('id'));
    return context.json(describe(await scope.actions.disableAdministrator(email)));
  });

  app.post('/administrators/:id/enable', async context => {
    const scope = context.get('scope');
    const { email } = await other(scope, context.req.param('id'));
    return context.json(describe(await scope.actions.enableAdministrator(email)));
  });

  app.post('/administrators/:id/reset-password', async context => {
    const scope = context.get('scope');
    const { email } = await other(scope, context.req.param('id'));
    return context.json(withPassword(await scope.actions.resetPassword(email)));
  });
}

/** Undefined for an operator. */
async function domainFor(
  scope: Scope,
  { role, organizationId }: NewAdministrator,
): Promise<string | undefined> {
  if (role === 'operator') {
    scope.requireOperator();
    if (organizationId === undefined) return undefined;
    throw new AppError('invalid-request', '"organizationId": an operator belongs to no organization');
  }
  const id = organizationId ?? scope.organizationId;
  if (id === undefined) throw new AppError('invalid-request', '"organizationId": an administrator needs one');
  return (await scope.organization(id)).domain;
}

/** What is done to an account here needs no password of it, so nobody does it to the own one. */
async function other(scope: Scope, id: string): Promise<Administrator> {
  const colleague = await scope.colleague(id);
  if (colleague.id !== scope.administrator.id) return colleague;
  throw new AppError('invalid-request', 'this is your own account', {
    hint: 'change the password under "account"; somebody else must disable it',
  });
}

function describe(each: Administrator): z.infer<typeof administratorListSchema>['administrators'][number] {
  const { id, email, role, organization, totp, createdAt, lastSignInAt, disabledAt } = each;
  return { id, email, role, organization, totp, createdAt, lastSignInAt, disabledAt };
}

function withPassword({
  administrator: { id, email },
  password,
}: WithPassword): z.infer<typeof addedAdministratorSchema> {
  return { id, email, password: password?.reveal() ?? '' };
}
