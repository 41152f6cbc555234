// The invariant of ARCHITECTURE.md: whatever happened, when everything is up again the last badge that each provider
// accepted equals the count. And at every moment: what leaves was stored before (R2), one attempt at a time (R4).
// A failing run prints its seed and path; give them to fast-check to see it again.

import { test } from 'node:test';
import fc from 'fast-check';
import { longGapMs } from '../../../src/proxy/subscriptions/forget-badges.ts';
import type { Telling } from './model-mail-server.ts';
import type { RelayMode } from './model-relay.ts';
import { devices, mailboxIds, type Registration, World } from './world.ts';

const device = fc.nat(devices.length - 1);
const mailbox = fc.constantFrom(...mailboxIds);
const target = fc.constantFrom<Registration>('same', 'same', 'new', 'earlier');
const telling = fc.constantFrom<Telling>('at once', 'at once', 'late', 'twice', 'never', 'changed');
const relayMode = fc.constantFrom<RelayMode>('up', 'up', 'unreachable', 'refusing', 'silent');

const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('mail' as const), mailbox, unseen: fc.nat(9), telling }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(9000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(70_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('relay' as const), mode: relayMode }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), afterSteps: fc.nat(80) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('start' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stall' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      device,
      mailbox,
      target,
      inFlight: fc.option(fc.nat(300), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('set back' as const),
      mailbox,
      changes: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
      countsToo: fc.boolean(),
      downMs: fc.integer({ min: longGapMs, max: 40 * longGapMs }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), device, all: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('opened' as const), device, badge: fc.nat(9) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

async function happen(world: World, event: Happening, versioned: boolean): Promise<void> {
  const fate = world.current()?.fate;
  switch (event.kind) {
    case 'mail':
      world.mail.set(event.mailbox, event.unseen, event.telling, { versioned });
      return world.clock.advance(1);
    case 'wait':
      return world.clock.advance(event.ms);
    case 'relay':
      world.relay.mode = event.mode;
      return;
    case 'crash':
      if (fate === undefined) return;
      if (event.afterSteps === 0) fate.die();
      else fate.diesIn = event.afterSteps;
      return;
    case 'start':
      return world.start();
    case 'stall':
      fate?.stall();
      return;
    case 'resume':
      fate?.resume();
      return world.clock.advance(1);
    case 'register':
      if (event.inFlight !== undefined) {
        const { unseen } = world.mail.truth.get(event.mailbox) ?? { unseen: 0 };
        world.mail.set(event.mailbox, (unseen + 1) % 10, 'at once', { versioned });
        await world.clock.advance(event.inFlight);
      }
      return world.subscribe(event.device, event.mailbox, event);
    case 'set back':
      return world.setBack(event, { versioned });
    case 'unsubscribe':
      for (const each of event.all ? mailboxIds : mailboxIds.slice(1))
        await world.unsubscribe(event.device, each);
      return;
    case 'opened':
      return world.opened(event.device, event.badge);
  }
}

test('after any interleaving of events, unknown outcomes, crashes and takeovers the badge is the count', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 5, maxLength: 40 }),
      fc.nat(),
      fc.constantFrom(0, 0.3, 1),
      fc.boolean(),
      fc.constantFrom(20_000, 3_600_000),
      async (happenings, seed, trouble, versioned, recountEveryMs) => {
        const world = new World({ seed, recountEveryMs });
        try {
          await world.open();
          world.relay.trouble = trouble;
          for (const event of happenings) await happen(world, event, versioned);
          await world.heal();
          world.judge();
        } finally {
          world.close();
        }
      },
    ),
    {
      numRuns: Number(process.env['MAILBADGE_PROPERTY_RUNS'] ?? 100),
      // A failure is reported as far as it was shrunk by then, before the runner gives up on the file.
      interruptAfterTimeLimit: Number(process.env['MAILBADGE_PROPERTY_MS'] ?? 300_000),
    },
  );
});
