// /organizations: the list and one of them, and what operators and its own administrators may change.

import type { z } from 'zod';
import {
  addOrganizationSchema,
  changeOrganizationSchema,
  deactivateOrganizationSchema,
  type organizationWithCodeSchema,
  reactivateOrganizationSchema,
} from '../../contract/console/relay-console.ts';
import type { WithCode } from '../administration/organizations-administration.ts';
import { describeCredentials, keyCredentialsOf } from '../organizations/key-credentials.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { describeOrganizations } from './describe-organization.ts';
import { readBody } from './read-body.ts';

export function addOrganizations(app: ConsoleApp, parts: ConsoleParts): void {
  const { db, clock } = parts;
  const describe = describeOrganizations(parts);

  app.get('/organizations', async context =>
    context.json({ organizations: await describe.all(await context.get('scope').organizations()) }),
  );

  app.post('/organizations', async context => {
    const scope = context.get('scope');
    scope.requireOperator();
    const { domain, name, contact } = await readBody(context, addOrganizationSchema);
    const about = { ...(name !== undefined && { name }), ...(contact !== undefined && { contact }) };
    return context.json(await withCode(await scope.actions.addOrganization(domain, about)), 201);
  });

  app.get('/organizations/:id', async context => {
    const organization = await context.get('scope').organization(context.req.param('id'));
    const credentials = await keyCredentialsOf(db, organization.applicationId);
    return context.json({
      organization: await describe.one(organization),
      credentials: describeCredentials(credentials, clock.now()),
    });
  });

  app.patch('/organizations/:id', async context => {
    const scope = context.get('scope');
    const { domain } = await scope.organization(context.req.param('id'));
    const { name, contact, directTrust, quotaPerSecond } = await readBody(context, changeOrganizationSchema);
    if (quotaPerSecond !== undefined) scope.requireOperator();
    const changed = await scope.actions.changeOrganization(domain, {
      ...(name !== undefined && { name }),
      ...(contact !== undefined && { contact }),
      ...(directTrust !== undefined && { directTrust }),
      ...(quotaPerSecond !== undefined && { quotaPerSecond }),
    });
    return context.json(await describe.one(changed));
  });

  app.post('/organizations/:id/enrolment-code', async context => {
    const scope = context.get('scope');
    const { domain } = await scope.organization(context.req.param('id'));
    return context.json(await withCode(await scope.actions.newEnrolmentCode(domain)), 201);
  });

  // An organization must not undo what its relay's operator did to it; so both ways are the operator's.
  app.post('/organizations/:id/deactivate', async context => {
    const scope = context.get('scope');
    const { domain } = await scope.organization(context.req.param('id'));
    scope.requireOperator();
    const { reason, revokeTargets } = await readBody(context, deactivateOrganizationSchema);
    return context.json(
      await describe.one(await scope.actions.deactivateOrganization(domain, reason, { revokeTargets })),
    );
  });

  app.post('/organizations/:id/reactivate', async context => {
    const scope = context.get('scope');
    const { domain } = await scope.organization(context.req.param('id'));
    scope.requireOperator();
    const { revokeTargets } = await readBody(context, reactivateOrganizationSchema);
    return context.json(
      await describe.one(await scope.actions.reactivateOrganization(domain, { revokeTargets })),
    );
  });

  app.post('/organizations/:id/revoke-targets', async context => {
    const scope = context.get('scope');
    const { domain } = await scope.organization(context.req.param('id'));
    return context.json(await describe.one(await scope.actions.revokeTargets(domain)));
  });

  app.post('/organizations/:id/check-domain', async context => {
    const scope = context.get('scope');
    const { domain } = await scope.organization(context.req.param('id'));
    const { organization } = await scope.actions.checkDomain(domain);
    return context.json(await describe.one(organization));
  });

  async function withCode({
    organization,
    enrolment,
  }: WithCode): Promise<z.infer<typeof organizationWithCodeSchema>> {
    return {
      organization: await describe.one(organization),
      enrolmentCode: enrolment.code.reveal(),
      expiresAt: enrolment.expiresAt,
    };
  }
}
