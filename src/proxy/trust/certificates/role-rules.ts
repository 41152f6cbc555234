// Which certificate signs, signed before, and will sign: the one place where that is decided. An act on the roles is
// judged from the roles and the time alone; commands ask what `confirm` says and the running proxy rolls by date.
// Times are UTC milliseconds. There is always a current certificate once there was one.

import type { ErrorCode } from '../../../contract/error-codes.ts';

/** What the rules look at. */
export type Candidate = {
  id: string;
  thumbprint: string;
  notBefore: number;
  notAfter: number;
  /** When the relay took it; null: it does not know it, or no relay was asked. */
  registeredAt: number | null;
  /** When its key credential ends at the relay, which may be before the certificate does. */
  credentialEndsAt: number | null;
};

export type Staged = Candidate & { effectiveAt: number };

export type Roles = {
  current: Candidate | undefined;
  previous: Candidate | undefined;
  next: Staged | undefined;
};

export type RoleAct =
  /** Replaces the current one now; without a certificate: as if it could be taken away. */
  | { act: 'use'; certificate: Candidate | undefined }
  /** Makes it the next one; without a certificate and a date: there shall be no next one. */
  | { act: 'stage'; certificate: Candidate | undefined; effectiveAt: number | undefined }
  | { act: 'publish'; clearPrevious: boolean }
  | { act: 'clear-previous' }
  /** What the running proxy does by itself when the date has come, or the current one has ended. */
  | { act: 'roll' };

export type Verdict =
  | { kind: 'done'; roles: Roles; warnings: string[] }
  | { kind: 'unchanged'; because: string }
  /** Done once somebody said yes to every question, or `--force`. */
  | { kind: 'confirm'; questions: string[]; roles: Roles; warnings: string[] }
  | { kind: 'refused'; code: ErrorCode; message: string; hint: string };

/** Other parties' caches and clocks must have seen the next certificate before it signs. */
export const advisedLeadMs = 48 * 3_600_000;
/** A date is typed by a person, whose clock may be a little behind. */
const pastToleranceMs = 5 * 60_000;

/** From then on it proves nothing to the relay. */
export function endOf({ notAfter, credentialEndsAt }: Candidate): number {
  return Math.min(notAfter, credentialEndsAt ?? notAfter);
}

/** `connected`: to a relay, which then must know whatever signs. */
export function judgeRoleAct(
  roles: Roles,
  act: RoleAct,
  { now, connected }: { now: number; connected: boolean },
): Verdict {
  const unknownToRelay = (certificate: Candidate): boolean => connected && certificate.registeredAt === null;
  switch (act.act) {
    case 'use':
      return judgeUse(roles, act.certificate, { now, unknownToRelay });
    case 'stage':
      return act.certificate === undefined && act.effectiveAt === undefined
        ? judgeClearNext(roles)
        : judgeStage(roles, act, { now, unknownToRelay });
    case 'publish':
      return judgePublish(roles, act, { now, unknownToRelay });
    case 'clear-previous':
      return roles.previous === undefined
        ? { kind: 'unchanged', because: 'there is no previous certificate' }
        : { kind: 'done', roles: { ...roles, previous: undefined }, warnings: [] };
    case 'roll':
      return judgeRoll(roles, { now, unknownToRelay });
  }
}

type Facts = { now: number; unknownToRelay: (certificate: Candidate) => boolean };

function judgeUse(
  { current, previous, next }: Roles,
  certificate: Candidate | undefined,
  { now, unknownToRelay }: Facts,
): Verdict {
  if (certificate === undefined) {
    return refused('usage', 'the current certificate cannot be taken away', 'name the one to use instead');
  }
  const { id, thumbprint } = certificate;
  if (id === current?.id) {
    return { kind: 'unchanged', because: `${thumbprint} is the current certificate already` };
  }
  if (id === next?.id) {
    return refused(
      'certificate-is-next',
      `${thumbprint} is staged as the next certificate`,
      'run "mailbadge proxy trust certificate publish" to use it from now on',
    );
  }
  const outside = outsideItsDates(certificate, now);
  if (outside !== undefined) return outside;
  const warnings = id === previous?.id ? [`${thumbprint} is the previous certificate`] : [];
  const questions =
    current === undefined
      ? []
      : [
          `${thumbprint} replaces ${current.thumbprint} at once; whoever does not know it yet refuses this proxy.`,
        ];
  if (unknownToRelay(certificate)) questions.push(unregistered(thumbprint));
  return afterQuestions(questions, warnings, { current: certificate, previous: current, next });
}

function judgeStage(
  { current, previous, next }: Roles,
  { certificate, effectiveAt }: Extract<RoleAct, { act: 'stage' }>,
  { now, unknownToRelay }: Facts,
): Verdict {
  if (certificate === undefined || effectiveAt === undefined) {
    return refused(
      'usage',
      'a certificate to stage and its effective date are given together',
      'give both, such as: stage <thumbprint> --effective 2030-01-31T22:00:00Z',
    );
  }
  const { id, thumbprint, notAfter } = certificate;
  if (id === current?.id) {
    return refused(
      'certificate-is-current',
      `${thumbprint} is the current certificate`,
      'stage another one; "mailbadge proxy trust certificate stage --new" makes one',
    );
  }
  const outside = outsideItsDates(certificate, now);
  if (outside !== undefined) return outside;
  if (effectiveAt < now - pastToleranceMs) {
    return refused(
      'effective-date-invalid',
      `the effective date ${utc(effectiveAt)} is past (it is ${utc(now)} now)`,
      `give a date in UTC, best 48 hours ahead: ${utc(now + advisedLeadMs)}`,
    );
  }
  if (effectiveAt >= notAfter) {
    return refused(
      'effective-date-invalid',
      `${thumbprint} ends at ${utc(notAfter)}, before the effective date ${utc(effectiveAt)}`,
      'give an earlier date, or stage a certificate that lasts longer',
    );
  }
  if (id === next?.id && effectiveAt === next.effectiveAt) {
    return { kind: 'unchanged', because: `${thumbprint} is staged for ${utc(effectiveAt)} already` };
  }
  const warnings = [];
  if (id === previous?.id) warnings.push(`${thumbprint} is the previous certificate`);
  if (current !== undefined && effectiveAt > current.notAfter) {
    warnings.push(`the current certificate ends at ${utc(current.notAfter)}, before the effective date`);
  }
  if (unknownToRelay(certificate)) {
    warnings.push(
      `the relay does not know ${thumbprint} yet: the running proxy registers it before the date`,
    );
  }
  const questions = [];
  if (effectiveAt < now + advisedLeadMs) {
    questions.push(`The effective date ${utc(effectiveAt)} is less than 48 hours ahead.`);
  }
  if (next !== undefined) {
    questions.push(`${next.thumbprint} is staged for ${utc(next.effectiveAt)}; it is replaced.`);
  }
  return afterQuestions(questions, warnings, {
    current,
    previous: id === previous?.id ? undefined : previous,
    next: { ...certificate, effectiveAt },
  });
}

function judgeClearNext(roles: Roles): Verdict {
  const { next } = roles;
  if (next === undefined) return { kind: 'unchanged', because: 'there is no next certificate' };
  const question = `${next.thumbprint}, staged for ${utc(next.effectiveAt)}, is no longer the next certificate.`;
  return afterQuestions([question], [], { ...roles, next: undefined });
}

function judgePublish(
  roles: Roles,
  { clearPrevious }: { clearPrevious: boolean },
  { now, unknownToRelay }: Facts,
): Verdict {
  const { next } = roles;
  if (next === undefined) {
    return refused(
      'certificate-not-staged',
      'there is no next certificate to publish',
      'stage one first with "mailbadge proxy trust certificate stage"',
    );
  }
  const outside = outsideItsDates(next, now);
  if (outside !== undefined) return outside;
  const questions = [];
  if (now < next.effectiveAt) {
    questions.push(
      `The effective date of ${next.thumbprint} is ${utc(next.effectiveAt)}, not now (${utc(now)}).`,
    );
  }
  if (unknownToRelay(next)) questions.push(unregistered(next.thumbprint));
  const after = rolled(roles, next);
  return afterQuestions(questions, [], clearPrevious ? { ...after, previous: undefined } : after);
}

function judgeRoll(roles: Roles, { now, unknownToRelay }: Facts): Verdict {
  const { current, next } = roles;
  if (next === undefined) return { kind: 'unchanged', because: 'there is no next certificate' };
  const ended = current === undefined || now >= endOf(current);
  if (now < next.effectiveAt && !ended) {
    return { kind: 'unchanged', because: `${next.thumbprint} is staged for ${utc(next.effectiveAt)}` };
  }
  const outside = outsideItsDates(next, now);
  if (outside !== undefined) return outside;
  // While the current one still works, signing with one that the relay refuses would be an outage of our own making.
  if (unknownToRelay(next) && !ended) {
    return { kind: 'unchanged', because: `the relay does not know ${next.thumbprint} yet` };
  }
  return { kind: 'done', roles: rolled(roles, next), warnings: [] };
}

function rolled({ current }: Roles, next: Staged): Roles {
  return { current: next, previous: current, next: undefined };
}

function afterQuestions(questions: string[], warnings: string[], roles: Roles): Verdict {
  return questions.length === 0
    ? { kind: 'done', roles, warnings }
    : { kind: 'confirm', questions, roles, warnings };
}

function outsideItsDates({ thumbprint, notBefore, notAfter }: Candidate, now: number): Verdict | undefined {
  if (now >= notAfter) {
    return refused(
      'certificate-expired',
      `${thumbprint} expired at ${utc(notAfter)}`,
      'take one that is valid; "mailbadge proxy trust certificate list" shows them',
    );
  }
  if (now < notBefore) {
    return refused(
      'certificate-not-yet-valid',
      `${thumbprint} is not valid before ${utc(notBefore)} (it is ${utc(now)} now)`,
      'wait, or synchronize this machine’s clock (NTP)',
    );
  }
  return undefined;
}

function unregistered(thumbprint: string): string {
  return `The relay does not know ${thumbprint}: it takes no badges until "mailbadge proxy trust connect" was run.`;
}

function refused(code: ErrorCode, message: string, hint: string): Verdict {
  return { kind: 'refused', code, message, hint };
}

function utc(at: number): string {
  return new Date(at).toISOString();
}
