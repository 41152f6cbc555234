// The publishing side of the relay, put together: sealing and registering devices, delivering to them, and the
// operations that do so.

import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { addAnswerProbe } from './api/answer-probe.ts';
import { addConfirmRegistration } from './api/confirm-registration.ts';
import { addDescribeTarget } from './api/describe-target.ts';
import { addPublishNotifications } from './api/publish-notifications.ts';
import { addRegisterDevice } from './api/register-device.ts';
import type { RelayApp } from './api/relay-app.ts';
import type { RelayConfig } from './config.ts';
import type { RelaySchema } from './database/schema.ts';
import { ChallengePushes } from './delivery/challenge-push.ts';
import { Delivery } from './delivery/delivery.ts';
import { DeviceQuota } from './delivery/device-quota.ts';
import { MemoryOrganizationQuota } from './delivery/organization-quota.ts';
import { OrganizationRates } from './delivery/organization-rates.ts';
import { TripwireLifts } from './delivery/tripwire-lifts.ts';
import type { RelayEvents } from './events.ts';
import { probeProofSigner } from './oauth/probe-proof.ts';
import { findStandingIn } from './organizations/credential-index.ts';
import { useOnce } from './organizations/used-identifiers.ts';
import type { AppProviders } from './providers/provider.ts';
import type { ServiceKeys, SymmetricKey } from './service-keys.ts';
import { Challenges, type UseOnce } from './targets/challenge.ts';
import { deniedTargets } from './targets/denied-targets.ts';
import { RegistrationLimits } from './targets/registration-limits.ts';
import { TicketVerifier } from './targets/registration-ticket.ts';
import { SealRing } from './targets/seal-ring.ts';
import { TargetIds } from './targets/target-id.ts';
import { TargetSeal } from './targets/target-seal.ts';

export type Publishing = {
  operations: readonly ((app: RelayApp) => void)[];
  /** Another process changed something: denied devices and quotas are read again at their next use. */
  invalidate(): void;
  /** Takes up keys and lifted tripwires that another process changed; call it after `keys.reload()`. */
  reload(): Promise<void>;
};

export async function openPublishing(
  { issuer, quotas }: Pick<RelayConfig, 'issuer' | 'quotas'>,
  {
    db,
    keys,
    apps,
    events,
    clock,
    random,
  }: {
    db: Kysely<RelaySchema>;
    keys: ServiceKeys;
    apps: AppProviders;
    events: RelayEvents;
    clock: Clock;
    random: Random;
  },
): Promise<Publishing> {
  const rings = await readRings(keys);
  const seal = new TargetSeal({ ring: new SealRing({ keys: () => rings.seal, random }), clock });
  const targetIds = new TargetIds({ key: rings.targetId });
  const denied = deniedTargets({ db, clock });
  const once: UseOnce = use => useOnce(db, use);
  const challenges = new Challenges({
    ring: new SealRing({ keys: () => rings.challenge, random }),
    clock,
    random,
    useOnce: once,
  });
  const rates = new OrganizationRates({ db, clock, perSecond: quotas.organization_per_second });
  const delivery = new Delivery({
    apps,
    seal,
    denied,
    organizationQuota: new MemoryOrganizationQuota({ clock, perSecond: id => rates.perSecond(id) }),
    deviceQuota: new DeviceQuota({ clock, burst: quotas.device_burst, perMinute: quotas.device_per_minute }),
    events,
    clock,
  });
  const lifts = await TripwireLifts.open({ db, lift: ofWhom => delivery.liftTripwire(ofWhom) });
  const signProof = probeProofSigner({ issuer, keys, clock });
  const registering = {
    // Read from the database for every ticket: registering is rare, and a revocation acts at once.
    tickets: new TicketVerifier({ findSigner: findStandingIn(db), issuer, clock }),
    useOnce: once,
    limits: new RegistrationLimits({ clock, organizationPerMinute: quotas.registrations_per_minute }),
    challenges,
    targetIds,
    pushes: new ChallengePushes({ clock, random, events }),
    apps,
  };
  return {
    operations: [
      app => addPublishNotifications(app, { delivery, clock }),
      app => addRegisterDevice(app, registering),
      app => addConfirmRegistration(app, { challenges, targetIds, seal, denied, events, clock }),
      app => addDescribeTarget(app, { seal, denied }),
      app => addAnswerProbe(app, { db, apps, delivery, signProof, clock }),
    ],
    invalidate() {
      denied.invalidate();
      rates.invalidate();
    },
    async reload() {
      await lifts.follow();
      const { seal: sealKeys, challenge } = await readRings(keys);
      rings.seal = sealKeys;
      rings.challenge = challenge;
    },
  };
}

type Rings = { seal: SymmetricKey[]; challenge: SymmetricKey[]; targetId: SymmetricKey['key'] };

async function readRings(keys: ServiceKeys): Promise<Rings> {
  const oldestTargetId = (await keys.symmetric('target-id')).at(-1); // a device must keep its id
  if (oldestTargetId === undefined) throw new Error('there is no key for target ids');
  return {
    seal: await keys.symmetric('seal'),
    challenge: await keys.symmetric('challenge'),
    targetId: oldestTargetId.key,
  };
}
