// POST /v1/targets/describe: a proxy asks what a sealed target is before it subscribes it. It must not believe a
// device's word, and cannot read the seal itself. The push target stays sealed.

import { createRoute } from '@hono/zod-openapi';
import { describeTargetRequestSchema, describeTargetResponseSchema } from '../../contract/registration.ts';
import { AppError } from '../../runtime/errors.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { DeniedTargets } from '../targets/denied-targets.ts';
import type { OpenedTarget, RegisteredDevice, TargetSeal } from '../targets/target-seal.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, organizationCodes, problemResponses } from './relay-operation.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/targets/describe',
  operationId: 'describeTarget',
  summary: "Tells an organization what one of its devices' sealed targets is",
  request: {
    body: jsonBody(describeTargetRequestSchema),
  },
  responses: {
    200: jsonAnswer('The device, without its push target', describeTargetResponseSchema),
    ...problemResponses([...organizationCodes, ...bodyCodes, 'target-not-openable', 'target-denied']),
  },
});

export function addDescribeTarget(
  app: RelayApp,
  { seal, denied }: { seal: TargetSeal; denied: DeniedTargets },
): void {
  app.openapi(route, async context => {
    const { appId, sealedTarget } = context.req.valid('json');
    const { realm, sealEpoch } = context.get('caller');
    const device = opened(seal.open({ realm, sealEpoch, appId }, sealedTarget));
    if ((await denied.current()).has(device.targetId)) {
      throw new AppError('target-denied', 'the relay’s operator refuses this device');
    }
    const { targetId, target, installationId, registeredAt } = device;
    return context.json({ targetId, provider: target.provider, installationId, registeredAt }, 200);
  });
}

function opened(result: OpenedTarget): RegisteredDevice {
  if (result.kind === 'opened') return result.device;
  const why = {
    'not-openable': 'it is damaged, or sealed for another organization or app',
    'key-unknown': 'it was sealed with a key that this relay does not have',
    expired: 'it is too old, or was revoked',
  }[result.kind];
  throw new AppError('target-not-openable', `the sealed target cannot be opened: ${why}`, {
    hint: 'let the device register again',
  });
}
