// "Test my badge", step by step: from what the proxy says of the icon and what the worker heard, to what a person is
// told. Instants of the proxy's clock are compared with each other only, never with this device's.

import type { IconStatus } from '../../src/contract/devices.ts';
import type { StepState } from '../look/steps.tsx';
import { kindOfReason, type ProblemKind } from './problem-kind.ts';

export type TestSoFar = {
  /** How the icon stood before. */
  before: IconStatus;
  /** The newest answer since the test was asked for. */
  status: IconStatus | undefined;
  /** How long after the start the worker heard of the badge. */
  arrivedAfterMs: number | undefined;
  /** Nothing more is waited for; it may still come. */
  timedOut: boolean;
};

export type TestReport = {
  published: StepState;
  accepted: StepState;
  arrived: StepState;
  /** undefined while it runs. */
  verdict: 'works' | 'not-arrived' | 'slow' | { problem: ProblemKind } | undefined;
};

export function reportOf({ before, status, arrivedAfterMs, timedOut }: TestSoFar): TestReport {
  if (arrivedAfterMs !== undefined)
    return { published: 'done', accepted: 'done', arrived: 'done', verdict: 'works' };
  if (status === undefined)
    return { published: 'running', accepted: 'waiting', arrived: 'waiting', verdict: undefined };
  if (status.state === 'publishing-disabled')
    return {
      published: 'failed',
      accepted: 'waiting',
      arrived: 'waiting',
      verdict: { problem: 'publishing-off' },
    };
  const problem = problemOf(before, status);
  if (problem !== undefined)
    return { published: 'done', accepted: 'failed', arrived: 'waiting', verdict: { problem } };
  const accepted = status.state === 'shown' && status.accepted?.at !== before.accepted?.at;
  if (accepted)
    return timedOut
      ? { published: 'done', accepted: 'done', arrived: 'failed', verdict: 'not-arrived' }
      : { published: 'done', accepted: 'done', arrived: 'running', verdict: undefined };
  return {
    published: 'done',
    accepted: 'running',
    arrived: 'waiting',
    verdict: timedOut ? 'slow' : undefined,
  };
}

function problemOf(before: IconStatus, { state, lastProblem }: IconStatus): ProblemKind | undefined {
  if (state === 'paused') return 'register-again';
  if (state !== 'waiting' || lastProblem === null || lastProblem.at === before.lastProblem?.at)
    return undefined;
  return kindOfReason(lastProblem.reason);
}
