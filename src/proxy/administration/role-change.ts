// One act on the roles of certificates, as an administrator wants it: judged, confirmed, made known to the relay, and
// only then stored. Nothing is stored when the answer is no.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';
import { readRoles, storeRoles } from '../trust/certificates/certificate-roles.ts';
import { judgeRoleAct, type RoleAct, type Roles, type Verdict } from '../trust/certificates/role-rules.ts';
import { registerCertificate } from '../trust/enrolment/register-certificate.ts';
import type { RelayAccess } from '../trust/relay/relay-access.ts';

/** What a person is asked; false: no. */
export type Confirm = (questions: string[]) => Promise<boolean>;

export type RoleChange = {
  outcome: 'done' | 'unchanged' | 'declined';
  because: string | null;
  warnings: string[];
  /** Thumbprints, as they are now. */
  current: string | null;
  previous: string | null;
  next: string | null;
  nextEffectiveAt: number | null;
};

type Decided = Extract<Verdict, { kind: 'done' | 'confirm' }>;

export async function changeRoles(
  { db, access, clock }: { db: Kysely<ProxySchema>; access: RelayAccess; clock: Clock },
  act: RoleAct,
  { confirm, beforeStoring = async () => {} }: { confirm: Confirm; beforeStoring?: () => Promise<void> },
): Promise<RoleChange> {
  await access.trust.reload();
  const connected = access.trust.state.kind === 'connected';
  const judged = await readRoles(db);
  const judge = (facts: { connected: boolean }): Verdict =>
    judgeRoleAct(judged, act, { now: clock.now(), ...facts });
  const planned = judge({ connected: false }); // what the relay does not know yet, it is told below
  if (planned.kind === 'refused') throw new AppError(planned.code, planned.message, { hint: planned.hint });
  if (planned.kind === 'unchanged') return change('unchanged', judged, { because: planned.because });
  const questions = questionsOf(planned);
  if (questions.length > 0 && !(await confirm(questions))) return change('declined', judged);
  await beforeStoring();
  const warnings = [...planned.warnings];
  const failure = connected ? await tellRelay(access, newOne(judged, planned)) : undefined;
  if (failure !== undefined) {
    warnings.push(failure);
    const again = judge({ connected });
    const further = questionsOf(again).filter(question => !questions.includes(question));
    if (further.length > 0 && !(await confirm([failure, ...further]))) return change('declined', judged);
  }
  const stored = await db.transaction().execute(async transaction => {
    const { roles } = planned;
    return (await storeRoles(transaction, { judged, roles, now: clock.now() })) ? roles : undefined;
  });
  if (stored === undefined) {
    throw new AppError('usage', 'another process changed the certificates meanwhile; nothing was done', {
      hint: 'look at "mailbadge proxy trust certificate list" and run the command again',
    });
  }
  return change('done', stored, { warnings });
}

/** The certificate that gets a role which signs, now or later. */
function newOne(before: Roles, { roles }: Decided): string | undefined {
  if (roles.current?.id !== before.current?.id) return roles.current?.id;
  return roles.next?.id === before.next?.id ? undefined : roles.next?.id;
}

/** Why it could not be registered, in words; undefined when the relay knows it. */
async function tellRelay(access: RelayAccess, id: string | undefined): Promise<string | undefined> {
  if (id === undefined) return undefined;
  const key = await access.certificates.find(id);
  if (key.certificate.registeredAt !== null) return undefined;
  const failure = await registerCertificate(access, key);
  return failure && `${key.certificate.thumbprint} could not be registered at the relay: ${failure.message}`;
}

function questionsOf(verdict: Verdict): string[] {
  return verdict.kind === 'confirm' ? verdict.questions : [];
}

function change(
  outcome: RoleChange['outcome'],
  { current, previous, next }: Roles,
  { because = null, warnings = [] }: { because?: string | null; warnings?: string[] } = {},
): RoleChange {
  return {
    outcome,
    because,
    warnings,
    current: current?.thumbprint ?? null,
    previous: previous?.thumbprint ?? null,
    next: next?.thumbprint ?? null,
    nextEffectiveAt: next?.effectiveAt ?? null,
  };
}
