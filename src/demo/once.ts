// The main job, headless: three messages by SMTP, one read, one deleted; after each change both icons of the phone must
// show the mailbox's count. It ends well only if each badge arrived and the final one equals the count.

import type { Clock } from '../runtime/clock.ts';
import type { Demo } from './demo.ts';

export type OnceReport = {
  /** What the native app's icon showed after each change. */
  badges: number[];
  final: number;
  unseen: number;
  /** From each change of the mailbox to the icon that showed it last. */
  latencyMs: { p50: number; max: number };
  ok: boolean;
};

const deadlineMs = 60_000;
/** An icon's bucket holds five pushes and gains one in two seconds; turning the badge on took one. */
const bucketRefillMs = 2500;

export async function runOnce(demo: Demo, { clock }: { clock: Clock }): Promise<OnceReport> {
  const { watch, actions, phone } = demo;
  await shown(demo, 0, { clock });
  await clock.sleep(bucketRefillMs);

  const send = (subject: string) => () => actions.send({ from: 'ada@example.org', subject });
  const changes: [expected: number, change: () => Promise<unknown> | boolean][] = [
    [1, send('Lunch?')],
    [2, send('Minutes of Monday')],
    [3, send('Your parcel')],
    [2, () => actions.markRead(uidOf(watch.state(), 'Lunch?'))],
    [1, () => actions.delete(uidOf(watch.state(), 'Your parcel'))],
  ];
  const badges: number[] = [];
  const latencies: number[] = [];
  let ok = true;
  for (const [expected, change] of changes) {
    let changedAt: number | undefined;
    using _change = watch.onState(({ unseen }) => {
      if (unseen === expected) changedAt ??= clock.monotonic();
    });
    await change();
    const arrived = await shown(demo, expected, { clock });
    latencies.push(clock.monotonic() - (changedAt ?? 0));
    ok &&= arrived && watch.state().unseen === expected;
    badges.push(phone.icons[0]?.badge() ?? -1);
  }

  const { unseen } = watch.state();
  const final = badges.at(-1) ?? -1;
  const sorted = latencies.toSorted((a, b) => a - b);
  const round = (ms: number | undefined): number => Math.round((ms ?? 0) * 10) / 10;
  const latencyMs = { p50: round(sorted[Math.floor(sorted.length / 2)]), max: round(sorted.at(-1)) };
  return { badges, final, unseen, latencyMs, ok: ok && final === unseen };
}

/** Resolves when every icon shows the badge; false when one does not within the deadline. */
async function shown({ phone }: Demo, badge: number, { clock }: { clock: Clock }): Promise<boolean> {
  const all = (): boolean => phone.icons.every(icon => icon.badge() === badge);
  const done = Promise.withResolvers<boolean>();
  using _events = phone.onEvent(() => {
    if (all()) done.resolve(true);
  });
  const deadline = clock.after(deadlineMs, () => done.resolve(all()));
  if (all()) done.resolve(true);
  const result = await done.promise;
  deadline.cancel();
  return result;
}

function uidOf(state: { messages: { uid: number; subject: string }[] }, subject: string): number {
  return state.messages.find(message => message.subject === subject)?.uid ?? 0;
}
