// When a certificate needs a successor, and from when on that one signs. Pure; times are UTC milliseconds.

import { lifetimes } from './certificate.ts';
import { advisedLeadMs, type Candidate, endOf } from './role-rules.ts';

const dayMs = 86_400_000;
/** The running proxy looks hourly: an effective date closer than this to the end could be missed. */
const marginMs = 2 * 3_600_000;

/** The later part of a short life is enough: without that, a certificate of 30 days would be renewed at once, for ever. */
export function renewalAt(current: Candidate, { renewBeforeMs }: { renewBeforeMs: number }): number {
  const lifeMs = current.notAfter - current.notBefore;
  return endOf(current) - Math.min(renewBeforeMs, Math.floor(lifeMs / 3));
}

/** 48 hours ahead; at once when the current one ends before, or hardly after. */
export function effectiveDate(current: Candidate, now: number): number {
  const advised = now + advisedLeadMs;
  return advised + marginMs <= endOf(current) ? advised : now;
}

/** As long as its predecessor's, in whole days. */
export function successorLifetimeMs({ notBefore, notAfter }: Candidate): number {
  const days = Math.round((notAfter - notBefore) / dayMs);
  return Math.min(lifetimes.longestMs, Math.max(lifetimes.shortestMs, days * dayMs));
}
