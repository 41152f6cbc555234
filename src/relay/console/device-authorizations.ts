// /device-authorizations: a proxy's certificate waits for somebody's approval (RFC 8628 §3.3). Approving gives that
// certificate the organization's name, so it takes the password again, and is of exactly the certificate shown.

import {
  type DeviceAuthorization,
  decideDeviceAuthorizationSchema,
} from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  type DeviceAuthorizationView,
  decideDeviceAuthorization,
  findDeviceAuthorization,
} from '../oauth/device-flow/approval.ts';
import { organizationInactive } from '../organizations/organizations.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { readBody } from './read-body.ts';
import { refusalError } from './refusals.ts';
import type { Scope } from './scope.ts';

export function addDeviceAuthorizations(app: ConsoleApp, { db, clock, signIn }: ConsoleParts): void {
  app.get('/device-authorizations/:userCode', async context =>
    context.json(describe(await find(context.get('scope'), context.req.param('userCode')))),
  );

  app.post('/device-authorizations/:userCode/decision', async context => {
    const scope = context.get('scope');
    const userCode = context.req.param('userCode');
    const { decision, keyId, password, totp } = await readBody(context, decideDeviceAuthorizationSchema);
    const { organizationId } = await find(scope, userCode);
    if (decision === 'approve') {
      const organization = await scope.organization(organizationId);
      if (!organization.active) throw organizationInactive(organization.domain);
      const { administrator, actor } = scope;
      const again = await signIn.passwordAgain(
        administrator,
        { password, totp },
        { address: actor.address ?? '' },
      );
      if (again.kind !== 'confirmed') throw refusalError(again);
    }
    const decided = await decideDeviceAuthorization(db, {
      userCode,
      keyId,
      decision,
      administrator: scope.actor,
      organizationId: scope.organizationId ?? null,
      now: clock.now(),
    });
    return context.json(describe(decided));
  });

  async function find(scope: Scope, userCode: string): Promise<DeviceAuthorizationView> {
    const organizationId = scope.organizationId ?? null;
    const found = await findDeviceAuthorization(db, userCode, { now: clock.now(), organizationId });
    if (found !== undefined) return found;
    throw new AppError('device-code-unknown', 'no proxy waits for approval under this code', {
      hint: 'compare it with what the proxy shows; it lasts ten minutes',
    });
  }
}

function describe({ organizationId: _id, ...shown }: DeviceAuthorizationView): DeviceAuthorization {
  return shown;
}
