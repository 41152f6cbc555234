// Lets the sockets go before work that holds the thread. One turn of the event loop is not enough for that: Node.js
// accepts one connection per turn, so work at each turn would hold up a crowd of callers for as many turns as they
// are. Bounded: a process whose sockets are never quiet still gets to work.

import { performance } from 'node:perf_hooks';
import { setImmediate as macrotask } from 'node:timers/promises';

/** About 10 ms when every turn brings something. */
const mostTurns = 64;

/** Resolves after a turn of the event loop that brought nothing. */
export async function socketsQuiet(): Promise<void> {
  await macrotask(); // what this turn has brought
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const before = performance.nodeTiming.uvMetricsInfo.events;
    await macrotask();
    if (performance.nodeTiming.uvMetricsInfo.events === before) return;
  }
}
