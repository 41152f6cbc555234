// The providers of each configured app. One that cannot be made (its key file cannot be read) is reported loudly and
// answers "misconfigured" to everything: its app waits, nothing is rejected, and all other apps work.

import type { ProviderName } from '../contract/push-targets.ts';
import type { RelayMetadata } from '../contract/relay-metadata.ts';
import type { Clock } from '../runtime/clock.ts';
import { createEgress, type EgressNetwork } from '../runtime/egress/egress.ts';
import { AppError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { AppConfig, RelayConfig, WebPushAppConfig } from './config.ts';
import { readConfiguredFile } from './configured-file.ts';
import type { RelayEvents } from './events.ts';
import { ApnsAccounts } from './providers/apns/accounts.ts';
import { createApnsProvider } from './providers/apns/apns.ts';
import { FcmAccounts } from './providers/fcm/accounts.ts';
import { createFcmProvider } from './providers/fcm/fcm.ts';
import type { AppProviders, Provider } from './providers/provider.ts';
import { createWebPushProvider, type WebPushProvider } from './providers/webpush/webpush.ts';
import type { ServiceKeys } from './service-keys.ts';

type Parts = {
  keys: ServiceKeys;
  clock: Clock;
  random: Random;
  logger: Logger;
  events: RelayEvents;
  pushNetwork: EgressNetwork;
};

export type OpenedApps = AsyncDisposable & {
  providers: AppProviders;
  /** As the relay's metadata list them. */
  described: RelayMetadata['apps'];
};

export async function openAppProviders(
  { apps, dangerously_allow_push_hosts }: Pick<RelayConfig, 'apps' | 'dangerously_allow_push_hosts'>,
  parts: Parts,
): Promise<OpenedApps> {
  const { clock, random, logger } = parts;
  const resources = new AsyncDisposableStack();
  const apnsAccounts = resources.use(new ApnsAccounts({ clock, random, logger }));
  const fcmAccounts = resources.use(new FcmAccounts({ clock, random, logger }));
  const providers = new Map<string, ReadonlyMap<ProviderName, Provider>>();
  const described: RelayMetadata['apps'] = [];
  for (const app of apps) {
    const ofApp = new Map<ProviderName, Provider>();
    if (app.apns !== undefined) {
      const config = app.apns;
      const made = await attempt(app, 'apns', parts, async () =>
        createApnsProvider(config, { accounts: apnsAccounts, clock }),
      );
      ofApp.set('apns', resources.use(made));
    }
    if (app.fcm !== undefined) {
      const config = app.fcm;
      const made = await attempt(app, 'fcm', parts, async () =>
        createFcmProvider(config, { accounts: fcmAccounts, clock }),
      );
      ofApp.set('fcm', resources.use(made));
    }
    let vapidPublicKey: string | undefined;
    if (app.web_push !== undefined) {
      const config = app.web_push;
      const made = await attempt(app, 'webpush', parts, () =>
        openWebPush(app.id, config, dangerously_allow_push_hosts, parts),
      );
      ofApp.set('webpush', resources.use(made));
      if ('vapidPublicKey' in made) vapidPublicKey = made.vapidPublicKey;
    }
    providers.set(app.id, ofApp);
    described.push({
      id: app.id,
      providers: [...ofApp.keys()],
      ...(vapidPublicKey === undefined ? {} : { vapidPublicKey }),
    });
  }
  return { providers, described, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function openWebPush(
  appId: string,
  config: WebPushAppConfig,
  dangerouslyAllow: readonly string[],
  { keys, clock, random, pushNetwork }: Parts,
): Promise<WebPushProvider> {
  const egress = createEgress({
    ...pushNetwork,
    allow: config.push_hosts,
    dangerouslyAllow,
    clock,
    ...(config.ca_file === undefined
      ? {}
      : { ca: readConfiguredFile(config.ca_file, `apps.${appId}.web_push.ca_file`) }),
  });
  // Browsers bind a subscription to the key, so this ring is never rotated.
  const [vapid] = await keys.signing(`vapid:${appId}`, 'ES256');
  if (vapid === undefined) throw new Error(`the ring of ${appId} has no VAPID key`);
  return createWebPushProvider(config, { vapidKey: vapid.privateKey, egress, clock, random });
}

async function attempt<P extends Provider>(
  { id: appId }: AppConfig,
  name: ProviderName,
  { events }: Parts,
  make: () => Promise<P>,
): Promise<P | Provider> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config-invalid') throw error;
    events.record({
      kind: 'app-misconfigured',
      appId,
      provider: name,
      environment: 'all',
      reason: error.message,
    });
    return misconfigured(name);
  }
}

function misconfigured(name: ProviderName): Provider {
  const answer = { kind: 'misconfigured', reason: 'configuration' } as const;
  return {
    name,
    capacity: () => 1000,
    deliver: () => Promise.resolve(answer),
    challenge: () => Promise.resolve(answer),
    async [Symbol.asyncDispose]() {},
  };
}
