// Runs checks that build on each other: what needs nothing begins at once, what needs a check begins when that one has
// ended well, and is skipped, with the reason, when it has not. Each has its time, and the whole has its own.

import type { Clock } from '../../../runtime/clock.ts';
import { AppError, describeError } from '../../../runtime/errors.ts';

export type Outcome = 'ok' | 'warning' | 'failed' | 'skipped';

export type Finding = { outcome: Exclude<Outcome, 'skipped'>; detail: string; hint?: string | undefined };

export type Check = {
  name: string;
  /** Names of checks that stand before it in the list. */
  needs?: readonly string[];
  /** Throwing an AppError is failing, with its message and hint. */
  run(signal: AbortSignal): Promise<Finding>;
};

export type CheckResult = { name: string; outcome: Outcome; detail: string; hint: string | null };

export type Diagnosis = {
  /** In the order of a badge's way. */
  checks: CheckResult[];
  /** The first that failed; null when none did. */
  firstCause: CheckResult | null;
};

export const ok = (detail: string): Finding => ({ outcome: 'ok', detail });
export const warning = (detail: string, hint?: string): Finding => ({ outcome: 'warning', detail, hint });
export const failed = (detail: string, hint?: string): Finding => ({ outcome: 'failed', detail, hint });

export const checkTimeoutMs = 10_000;
const totalTimeoutMs = 50_000;

export async function runChecks(checks: readonly Check[], { clock }: { clock: Clock }): Promise<Diagnosis> {
  const stopAt = clock.monotonic() + totalTimeoutMs;
  const running = new Map<string, Promise<CheckResult>>();
  for (const check of checks) {
    const needed = (check.needs ?? []).map(name => {
      const before = running.get(name);
      if (before === undefined)
        throw new Error(`"${check.name}" needs "${name}", which does not stand before it`);
      return before;
    });
    running.set(check.name, runAfter(check, needed, { clock, stopAt }));
  }
  return diagnosisOf(await Promise.all(running.values()));
}

/** In the order of the checks: the first that failed explains those after it. */
export function diagnosisOf(checks: CheckResult[]): Diagnosis {
  return { checks, firstCause: checks.find(({ outcome }) => outcome === 'failed') ?? null };
}

async function runAfter(
  check: Check,
  needed: readonly Promise<CheckResult>[],
  { clock, stopAt }: { clock: Clock; stopAt: number },
): Promise<CheckResult> {
  const { name } = check;
  const before = await Promise.all(needed);
  const broken = before.find(({ outcome }) => outcome === 'failed' || outcome === 'skipped');
  if (broken !== undefined) {
    const detail =
      broken.outcome === 'failed' ? `not checked, because "${broken.name}" failed` : broken.detail;
    return { name, outcome: 'skipped', detail, hint: null };
  }
  const timeLeft = Math.min(checkTimeoutMs, stopAt - clock.monotonic());
  if (timeLeft <= 0) return { name, outcome: 'skipped', detail: 'not checked: no time was left', hint: null };
  const { outcome, detail, hint } = await runWithin(check, timeLeft, clock);
  return { name, outcome, detail, hint: hint ?? null };
}

async function runWithin(check: Check, timeoutMs: number, clock: Clock): Promise<Finding> {
  const abort = new AbortController();
  const late = Promise.withResolvers<Finding>();
  const timer = clock.after(timeoutMs, () => {
    late.resolve(failed(`no answer within ${Math.round(timeoutMs / 1000)} s`));
    abort.abort(new Error('no answer in time'));
  });
  try {
    return await Promise.race([check.run(abort.signal).catch(thrown), late.promise]);
  } finally {
    timer.cancel();
  }
}

function thrown(error: unknown): Finding {
  if (error instanceof AppError) return failed(error.message, error.hint);
  return failed(describeError(error), 'this may be a defect: report it');
}
