// One probe: the settings, a token, the relay's answer and its proof, then whether the apps of our devices work there.
// Each stage needs the ones before; the first that fails ends it. With an icon it goes through to the device's
// provider: the icon's present badge once more, by the publisher and nobody else.

import type { Kysely } from 'kysely';
import type { ProbeAnswer } from '../../contract/probes.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import { disagreement, readProxyObjectRow } from '../publisher/proxy-object.ts';
import { judgeProof, type ProbeRelay } from '../trust/relay/probe-relay.ts';
import type { RelayAccess } from '../trust/relay/relay-access.ts';
import type { RelayFailure } from '../trust/relay/relay-failure.ts';
import { readRelayPin } from '../trust/relay/relay-pin.ts';
import type { RelayConnection } from '../trust/relay/relay-trust.ts';
import { failureClassOf, type ProbeFailure, type ProbeOutcome, type ProbeStage } from './probe-outcome.ts';

export type ProbeCollaborators = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  access: Pick<RelayAccess, 'authorize' | 'invalidate' | 'trust' | 'relayClock'>;
  probeRelay: ProbeRelay;
  /** The public keys of the relay, as pinned. */
  relayKeys(): Promise<readonly Record<string, unknown>[]>;
  /** Asks the pinned relay for its keys once more; it may have a new one. Never rejects. */
  refreshRelayKeys(): Promise<void>;
  /** Publishes the icon's badge once more; answers what became of it. */
  repeatBadge(iconId: string, options: { signal: AbortSignal }): Promise<string | ProbeFailure>;
};

export async function runProbe(
  { id: probeId, iconId }: { id: string; iconId: string | null },
  collaborators: ProbeCollaborators,
  { signal }: { signal: AbortSignal },
): Promise<ProbeOutcome> {
  const { clock, access, random, probeRelay } = collaborators;
  const stages: ProbeStage[] = [];
  /** Notes the time that the stage took; a failure ends the probe. */
  async function stage<T>(
    name: string,
    work: () => Promise<{ detail: string | null; value: T }>,
  ): Promise<T> {
    const from = clock.monotonic();
    const took = (): number => Math.round((clock.monotonic() - from) * 10) / 10;
    try {
      const { detail, value } = await work();
      stages.push({ name, ms: took(), detail });
      return value;
    } catch (error) {
      if (error instanceof StageFailed) stages.push({ name, ms: took(), detail: error.failure.error });
      throw error;
    }
  }

  try {
    await stage('settings', () => checkSettings(collaborators));
    const { baseUrl, accessToken } = await stage('token', async () => {
      const authorized = await access.authorize();
      if (authorized.kind === 'failed') throw new StageFailed(failureOf(authorized.failure));
      if (!authorized.capabilities.includes('probe')) throw new StageFailed(relayTooOld);
      return { detail: null, value: authorized };
    });
    const nonce = random.bytes(32).toString('base64url');
    const answer = await stage('relay', async () => {
      const asked = await probeRelay({ probeId, nonce }, { baseUrl, accessToken, signal });
      if (asked.kind === 'answered') {
        const { version, organization } = asked.answer;
        return { detail: `version ${version}, knows us as ${organization}`, value: asked.answer };
      }
      if (asked.tokenRefused) access.invalidate(accessToken);
      throw new StageFailed(failureOf(asked.failure));
    });
    await stage('relay-proof', () => checkProof(answer, { probeId, nonce }, collaborators));
    await stage('identity', () => checkIdentity(answer, collaborators));
    await stage('apps', () => checkApps(answer, collaborators));
    if (iconId !== null) {
      await stage('device', async () => {
        const result = await collaborators.repeatBadge(iconId, { signal });
        if (typeof result === 'string') return { detail: result, value: undefined };
        throw new StageFailed(result);
      });
    }
    return { failure: undefined, stages };
  } catch (error) {
    if (error instanceof StageFailed) return { failure: error.failure, stages };
    throw error;
  }
}

/** Ends a probe; never leaves this file. */
class StageFailed extends Error {
  readonly failure: ProbeFailure;

  constructor(failure: ProbeFailure) {
    super(failure.error);
    this.failure = failure;
  }
}

function failureOf({ code, message, hint }: RelayFailure): ProbeFailure {
  return { failureClass: failureClassOf(code), error: message, exception: code, remedy: hint };
}

const relayTooOld: ProbeFailure = {
  failureClass: 'Unknown',
  error: 'this relay is too old to answer probes',
  exception: 'not-found',
  remedy: 'ask the relay’s operator to update; "mailbadge proxy test-mail" checks the whole way',
};

async function checkSettings({ db }: ProbeCollaborators) {
  const wrong = (error: string, exception: string, remedy: string): never => {
    throw new StageFailed({ failureClass: 'PushNotifications', error, exception, remedy });
  };
  const enable = 'run "mailbadge proxy enable"';
  const object = await readProxyObjectRow(db);
  if (object === undefined)
    return wrong('there are no settings: the proxy was never enabled', 'proxy-disabled', enable);
  if (object.enabled !== 1) return wrong('the proxy is disabled', 'proxy-disabled', enable);
  const { organization, uri } = object;
  if (organization === null) return wrong('the organization is empty', 'trust-disagrees', enable);
  if (uri === null) return wrong('the URI is empty', 'trust-disagrees', enable);
  const pin = await readRelayPin({ db });
  const differs = pin === undefined ? undefined : disagreement({ organization, uri }, pin);
  if (differs !== undefined) wrong(differs.message, 'trust-disagrees', differs.hint);
  return { detail: `${organization} at ${uri}`, value: undefined };
}

function connectionOf({ access }: ProbeCollaborators): RelayConnection {
  const { state } = access.trust;
  if (state.kind === 'failed') throw new StageFailed(failureOf(state.failure));
  return state.connection;
}

async function checkProof(
  { proof, realm }: ProbeAnswer,
  { probeId, nonce }: { probeId: string; nonce: string },
  collaborators: ProbeCollaborators,
) {
  const { issuer } = connectionOf(collaborators).pin;
  const { access, clock } = collaborators;
  const judge = async () =>
    judgeProof(
      proof,
      { issuer, realm, probeId, nonce, now: access.relayClock.now() ?? clock.now() },
      await collaborators.relayKeys(),
    );
  let judgement = await judge();
  if (judgement.kind === 'key-unknown') {
    await collaborators.refreshRelayKeys();
    judgement = await judge();
  }
  if (judgement.kind === 'proven') return { detail: 'signed with a pinned key', value: undefined };
  const why = judgement.kind === 'wrong' ? judgement.detail : 'no pinned key made its signature';
  throw new StageFailed({
    failureClass: 'Authentication',
    error: `the relay does not prove that it is ${issuer}: ${why}`,
    exception: 'relay-identity-changed',
    remedy:
      'run "mailbadge proxy trust auth-server refresh"; if that does not help, something between stands in for the relay',
  });
}

async function checkIdentity(answer: ProbeAnswer, collaborators: ProbeCollaborators) {
  const { enrolment } = connectionOf(collaborators);
  const differing = (
    [
      ['organization', enrolment.organization, answer.organization],
      ['realm', enrolment.realm, answer.realm],
      ['application', enrolment.applicationId, answer.applicationId],
    ] as const
  ).find(([, ours, theirs]) => ours !== theirs);
  if (differing === undefined) return { detail: `key ${answer.credentialId}`, value: undefined };
  const [what, ours, theirs] = differing;
  throw new StageFailed({
    failureClass: 'Authentication',
    error: `the relay takes us for the ${what} ${theirs}, and we are ${ours}`,
    exception: 'relay-identity-changed',
    remedy: 'run "mailbadge proxy trust connect" again; ask the relay’s operator if it stays so',
  });
}

/** Of the relay's apps only those that our own devices have. */
async function checkApps({ apps }: ProbeAnswer, { db }: ProbeCollaborators) {
  const ours = await db
    .selectFrom('icon')
    .select(['app_id', 'provider'])
    .distinct()
    .where('ended_at', 'is', null)
    .execute();
  for (const { app_id: id, provider } of ours) {
    const app = apps.find(each => each.id === id);
    const held = app?.heldBack.find(way => way.provider === provider);
    if (app !== undefined && held === undefined) continue;
    throw new StageFailed({
      failureClass: 'PushNotifications',
      error:
        held === undefined
          ? `the relay cannot deliver to the app ${id}, which devices here have`
          : `the relay holds back the app ${id}: its configuration for ${held.provider} (${held.environment}) is wrong`,
      exception: held === undefined ? 'app-unknown' : 'app-misconfigured',
      remedy: 'ask the relay’s operator: no device’s fault, and no subscription ends by it',
    });
  }
  const names = [...new Set(ours.map(({ app_id }) => app_id))];
  return { detail: names.length === 0 ? 'no device yet' : names.join(', '), value: undefined };
}
