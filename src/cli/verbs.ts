// The commands of a noun, loaded when they are asked for: a command starts twice as fast when it need not read the
// libraries of all the others. In the order in which help lists them.

import type { Command } from 'commander';

export type Wanted = (word: string) => boolean;
/** By name, `name|alias` where there is one. */
export type Verbs = Record<string, () => Promise<(noun: Command, wanted: Wanted) => void | Promise<void>>>;

/** Those that are wanted; all of them when none is, since then it is help that is wanted. */
export async function addVerbs(noun: Command, verbs: Verbs, wanted: Wanted): Promise<void> {
  const named = Object.keys(verbs).filter(names => names.split('|').some(wanted));
  for (const name of named.length > 0 ? named : Object.keys(verbs)) {
    const add = await verbs[name]?.();
    await add?.(noun, wanted);
  }
}
