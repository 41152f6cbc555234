// POST /api/enable and /api/disable; each answers the overview.

import { createRoute } from '@hono/zod-openapi';
import { overviewSchema } from '../../contract/console/proxy-console.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import type { Random } from '../../runtime/random.ts';
import { carryOut, disableProxy, planEnable } from '../administration/enable-proxy.ts';
import type { RelayAccess } from '../trust/relay/relay-access.ts';
import type { ConsoleApp, RecordAct } from './console-operation.ts';
import { readOverview, type ShowOverviewCollaborators } from './show-overview.ts';

export type SwitchProxyCollaborators = ShowOverviewCollaborators & {
  access: RelayAccess;
  random: Random;
  hostName: string;
  /** `relay.dangerously_allow_http` */
  allowHttp: boolean;
  /** Makes the running stages see what was just committed. */
  follow(): Promise<void>;
  recordAct: RecordAct;
};

const responses = { 200: jsonAnswer('How the proxy stands now', overviewSchema) };

export function addSwitchProxy(app: ConsoleApp, collaborators: SwitchProxyCollaborators): void {
  const { follow, recordAct } = collaborators;
  app.openapi(createRoute({ method: 'post', path: '/api/enable', responses }), async context => {
    await carryOut(await planEnable({}, collaborators), collaborators);
    await follow();
    recordAct('proxy-enabled');
    return context.json(await readOverview(collaborators), 200);
  });
  app.openapi(createRoute({ method: 'post', path: '/api/disable', responses }), async context => {
    await disableProxy(collaborators);
    await follow();
    recordAct('proxy-disabled');
    return context.json(await readOverview(collaborators), 200);
  });
}
