// Calls HTTPS URLs that somebody outside named (push endpoints, metadata documents) without becoming their tool:
// the host is on an allow-list, every address is public, what was checked is what is dialled, redirects are not
// followed, answers and times are bounded, and one host cannot hold up another.

import type { Clock } from '../clock.ts';
import { CheckedAgent, type ConnectionLimits } from './checked-agent.ts';
import { type Dial, type Resolve, systemResolve, tlsDial } from './dial.ts';
import { type ExchangeRequest, type ExchangeResult, exchange } from './exchange.ts';
import { createHostRules, type UrlJudgement, type UrlRefusal } from './host-rules.ts';
import { OriginGate } from './origin-gate.ts';

export type EgressRequest = ExchangeRequest & { url: string };

export type EgressResult =
  | ExchangeResult
  /** Nothing was sent: the rule forbids this URL. */
  | { kind: 'refused'; reason: UrlRefusal }
  /** Nothing was sent: too many requests to this host are under way. */
  | { kind: 'not-started'; reason: 'overloaded' };

export type EgressLimits = ConnectionLimits & {
  /** From the call to its end, whatever happens. */
  totalMs: number;
  answerBytes: number;
  connectionsPerOrigin: number;
  waitingPerOrigin: number;
};

/**
 * `totalMs` stays below the 10 s that a proxy waits after `notAfter` before it repeats an unknown outcome
 * (ARCHITECTURE.md, R4): a call that was started in time is over before.
 */
export const defaultEgressLimits: EgressLimits = {
  totalMs: 8000,
  connectMs: 5000,
  addressTries: 3,
  addressTryMs: 2000,
  idlePerOrigin: 100,
  idleMs: 30_000,
  answerBytes: 4096,
  connectionsPerOrigin: 100,
  waitingPerOrigin: 2000,
};

/** How names are looked up and addresses dialled. */
export type EgressNetwork = { resolve?: Resolve; dial?: Dial };

export type Egress = AsyncDisposable & {
  readonly connectionsPerOrigin: number;
  /** What the rule says of a URL, before any name is resolved. */
  judge(url: string): UrlJudgement;
  /** Never throws for what the URL, the name server or the host does: that is a result. */
  send(request: EgressRequest): Promise<EgressResult>;
};

export function createEgress({
  allow,
  dangerouslyAllow = [],
  clock,
  ca,
  resolve = systemResolve,
  dial = tlsDial(ca === undefined ? {} : { ca }),
  limits = defaultEgressLimits,
}: {
  /** Host names, or `*.suffix`. */
  allow: readonly string[];
  /** `host:port` that may be private and need not be on the allow-list: for the demo and tests. */
  dangerouslyAllow?: readonly string[];
  clock: Clock;
  /** PEM certificates to trust besides the system's. */
  ca?: string;
  limits?: EgressLimits;
} & EgressNetwork): Egress {
  const rules = createHostRules({ allow, dangerouslyAllow });
  const gate = new OriginGate({
    clock,
    inside: limits.connectionsPerOrigin,
    waiting: limits.waitingPerOrigin,
  });
  const agents = {
    checked: new CheckedAgent({ clock, resolve, dial, limits, publicOnly: true }),
    dangerous: new CheckedAgent({ clock, resolve, dial, limits, publicOnly: false }),
  };

  return {
    connectionsPerOrigin: limits.connectionsPerOrigin,

    judge: url => rules.judge(url),

    async send(request) {
      const judgement = rules.judge(request.url);
      if (!judgement.allowed) return { kind: 'refused', reason: judgement.reason };
      const { url } = judgement;
      const startedAt = clock.monotonic();
      const startWithinMs = Math.min(limits.totalMs, request.notAfter - clock.now());
      if (startWithinMs < 0) return { kind: 'not-started', reason: 'too-late' };
      const entry = await gate.enter(url.origin, { withinMs: startWithinMs });
      if (!entry.entered)
        return { kind: 'not-started', reason: entry.reason === 'full' ? 'overloaded' : 'too-late' };
      try {
        return await exchange(url, request, {
          agent: url.dangerous ? agents.dangerous : agents.checked,
          clock,
          withinMs: Math.max(0, limits.totalMs - (clock.monotonic() - startedAt)),
          answerBytes: limits.answerBytes,
        });
      } finally {
        entry.leave();
      }
    },

    async [Symbol.asyncDispose]() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
