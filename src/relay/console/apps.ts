// /apps: what this relay can reach, and whether each way works. What names the configuration is for operators.

import type { AppList } from '../../contract/console/relay-console.ts';
import type { ProviderName } from '../../contract/push-targets.ts';
import { fileChangedAt } from '../administration/relay-status.ts';
import type { AppConfig } from '../config.ts';
import { listNodes } from '../nodes/list-nodes.ts';
import type { ConsoleApp, ConsoleParts } from './console-env.ts';

type Shown = AppList['apps'][number]['providers'][number];

export function addApps(app: ConsoleApp, { db, clock, config, vapidPublicKeys }: ConsoleParts): void {
  app.get('/apps', async context => {
    const { isOperator } = context.get('scope');
    const heldBack = (await listNodes(db, clock.now())).flatMap(node => node.appsHeldBack);
    const vapidCreatedAt = new Map(
      (await db.selectFrom('service_key').select(['purpose', 'created_at']).execute()).map(
        ({ purpose, created_at }) => [purpose, created_at],
      ),
    );

    const show = (
      appId: string,
      provider: ProviderName,
      facts: Record<string, string>,
      since: number | null,
    ) => {
      const reasons = heldBack.filter(each => each.appId === appId && each.provider === provider);
      return {
        provider,
        facts: isOperator ? facts : {},
        keyCreatedAt: isOperator ? since : null,
        breaker: reasons.length === 0 ? 'closed' : 'open',
        breakerReason: isOperator ? (reasons[0]?.reason ?? null) : null,
      } satisfies Shown;
    };
    const providersOf = ({ id, apns, fcm, web_push }: AppConfig): Shown[] => [
      ...(apns === undefined ? [] : [show(id, 'apns', apnsFacts(apns), fileChangedAt(apns.key_file))]),
      ...(fcm === undefined
        ? []
        : [show(id, 'fcm', { projectId: fcm.project_id }, fileChangedAt(fcm.service_account_file))]),
      ...(web_push === undefined
        ? []
        : [
            show(
              id,
              'webpush',
              { subject: web_push.subject, vapidPublicKey: vapidPublicKeys.get(id) ?? '' },
              vapidCreatedAt.get(`vapid:${id}`) ?? null,
            ),
          ]),
    ];
    const apps = config.apps.map(each => ({ id: each.id, providers: providersOf(each) }));
    return context.json({ apps } satisfies AppList);
  });
}

function apnsFacts({ key_id, team_id, topic }: NonNullable<AppConfig['apns']>): Record<string, string> {
  return { keyId: key_id, teamId: team_id, topic };
}
