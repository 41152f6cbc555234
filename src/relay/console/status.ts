// /status: the nodes and what somebody should look at; for an administrator, of the own organization alone.

import type { RelayStatus } from '../../contract/console/relay-console.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';
import { describeOrganizations } from './describe-organization.ts';

export function addStatus(app: ConsoleApp, parts: ConsoleParts): void {
  const describe = describeOrganizations(parts);

  app.get('/status', async context => {
    const scope = context.get('scope');
    const { issuer, version, minimumProxyVersion, nodes, warnings } = await scope.actions.status();
    const own = scope.isOperator ? [] : await describe.all(await scope.organizations());
    return context.json({
      issuer,
      version,
      minimumProxyVersion,
      nodes: scope.isOperator ? nodes.map(({ appsHeldBack: _apps, ...node }) => node) : [],
      warnings: scope.isOperator ? warnings : own.flatMap(organization => organization.warnings),
    } satisfies RelayStatus);
  });
}
