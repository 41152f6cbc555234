// One process of the proxy: its stages as proxy.ts puts them together, on a database, a mail server, a relay and a clock
// that are the world's. When its fate strikes, nothing of it runs on.

import { Lease } from '../../../src/proxy/database/lease.ts';
import { ProxyEvents } from '../../../src/proxy/events.ts';
import { NodePresence } from '../../../src/proxy/nodes/node-presence.ts';
import { Publisher } from '../../../src/proxy/publisher/publisher.ts';
import { forgetBadgesAfterGap } from '../../../src/proxy/subscriptions/forget-badges.ts';
import { Subscriptions } from '../../../src/proxy/subscriptions/subscriptions.ts';
import { NewestMessages } from '../../../src/proxy/unseen/newest-messages.ts';
import { UnseenCounter } from '../../../src/proxy/unseen/unseen-counter.ts';
import { type Clock, sleepWith } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import type { ManualClock } from '../../../src/runtime/manual-clock.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import type { Random } from '../../../src/runtime/random.ts';
import { Secret } from '../../../src/runtime/secrets.ts';
import type { ModelMailServer } from './model-mail-server.ts';
import type { ModelRelay } from './model-relay.ts';
import { Fate, type SharedDatabase } from './process-database.ts';

export type ProxyProcess = {
  fate: Fate;
  subscriptions: Subscriptions;
  /** Why it ended by itself. */
  failure: unknown;
};

export function startProxyProcess(
  world: { clock: ManualClock; database: SharedDatabase; mail: ModelMailServer; relay: ModelRelay },
  { random, recountEveryMs }: { random: Random; recountEveryMs: number },
): ProxyProcess {
  const fate = new Fate();
  const clock = mortalClock(world.clock, fate);
  const db = world.database.open(fate);
  const events = new ProxyEvents({ logger: silentLogger, metrics: createMetrics() });
  const lease = new Lease({ db });
  const newest = new NewestMessages();
  const fail = (error: unknown): void => {
    process.failure = error;
    fate.die();
  };
  const publisher = new Publisher({
    db,
    lease,
    relay: world.relay.portFor(fate),
    subscriptions: {
      targetGone: (...request) => subscriptions.targetGone(...request),
      iconsSettled: (...request) => subscriptions.iconsSettled(...request),
    },
    clock,
    random,
    events,
    newest,
    notifications: {
      encrypt: (_keys, payload) => Buffer.from(JSON.stringify(payload)),
      webAppUrl: 'https://push.fabrikam.com/app/',
    },
    onFailure: fail,
  });
  const counter = new UnseenCounter({
    db,
    lease,
    source: world.mail.sourceFor(fate),
    clock,
    random,
    events,
    newest,
    recountEveryMs,
    openPassword: () => new Secret(''),
    applyCounts: (transaction, counted) => subscriptions.applyCounts(transaction, counted),
    countsApplied: () => publisher.wake(),
  });
  const subscriptions = new Subscriptions({
    db,
    clock,
    random,
    events,
    lifetimeMs: 30 * 86_400_000,
    perMailbox: 20,
    iconsChanged: () => publisher.wake(),
    mailboxesChanged: () => counter.subscriptionsChanged(),
  });
  const presence = new NodePresence({ db, clock, logger: silentLogger, name: 'host', processId: 1 });
  const process: ProxyProcess = { fate, subscriptions, failure: undefined };
  const start = async (): Promise<void> => {
    await lease.take();
    await db.transaction().execute(async transaction => {
      await lease.assertHeld(transaction);
      await forgetBadgesAfterGap(transaction, { now: clock.now(), events });
    });
    subscriptions.start();
    await publisher.start();
    await counter.start();
    await presence.start();
  };
  start().catch(fail); // taken over while it started
  return process;
}

/** The clock as a process has it, whose timers die with it. */
function mortalClock(clock: ManualClock, fate: Fate): Clock {
  const after: Clock['after'] = (delayMs, callback) =>
    clock.after(delayMs, () => {
      if (!fate.dead) callback();
    });
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after,
    sleep: (delayMs, options) => sleepWith({ after }, delayMs, options),
  };
}
