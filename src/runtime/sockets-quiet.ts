// Lets the sockets go before work that holds the thread. One turn of the event loop is not enough for that: Node.js
// accepts one connection per turn, so work at each turn would hold up a crowd of callers for as many turns as they
// are. Bounded: a process whose sockets are never quiet still gets to work.

import { performance } from 'node:perf_hooks';
import { setImmediate as macrotask } from 'node:timers/promises';

/** Resolves after a turn of the event loop that brought nothing, and after `longestMs` in any case. */
export async function socketsQuiet({ longestMs = 5 }: { longestMs?: number } = {}): Promise<void> {
  await macrotask(); // what this turn has brought
  const until = performance.now() + longestMs;
  let before: number;
  do {
    before = performance.nodeTiming.uvMetricsInfo.events;
    await macrotask();
  } while (performance.nodeTiming.uvMetricsInfo.events !== before && performance.now() < until);
}
