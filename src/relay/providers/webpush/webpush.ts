// Delivers badges to web apps (RFC 8030). The proxy encrypted the payload for the device: this forwards bytes that it
// cannot read, and adds who sends them (VAPID). The challenge alone it encrypts itself, with keys that it is given for
// this one message and does not keep.

import type { KeyObject } from 'node:crypto';
import { publishLimits } from '../../../contract/publishing.ts';
import type { PushTarget } from '../../../contract/push-targets.ts';
import { type ChallengePayload, challengeLifetimeMs } from '../../../contract/registration.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Egress, EgressResult } from '../../../runtime/egress/egress.ts';
import type { Random } from '../../../runtime/random.ts';
import { parseDeviceKeys } from '../../../runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../../../runtime/webpush/encrypt.ts';
import { createVapidSigner } from '../../../runtime/webpush/vapid.ts';
import type { WebPushAppConfig } from '../../config.ts';
import type { Provider, ProviderAnswer, ProviderNotification } from '../provider.ts';
import { judgeWebPushAnswer } from './answers.ts';

export type WebPushTarget = Extract<PushTarget, { provider: 'webpush' }>;

export type WebPushProvider = Provider<WebPushTarget> & {
  /** The applicationServerKey that devices subscribe with. */
  readonly vapidPublicKey: string;
};

type Push = {
  id: string;
  endpoint: string;
  notAfter: number;
  ttlMs: number;
  urgency: 'normal' | 'high';
  topic?: string;
  body: Uint8Array;
};

/** Google stores for at most four weeks. */
const maxStoredMs = 28 * 24 * 3_600_000;

/** One app's way to the Web Push services. Takes over `egress`: disposing of the provider closes it. */
export function createWebPushProvider(
  { subject }: Pick<WebPushAppConfig, 'subject'>,
  { vapidKey, egress, clock, random }: { vapidKey: KeyObject; egress: Egress; clock: Clock; random: Random },
): WebPushProvider {
  const vapid = createVapidSigner({ key: vapidKey, subject, clock });

  async function push({
    id,
    endpoint,
    notAfter,
    ttlMs,
    urgency,
    topic,
    body,
  }: Push): Promise<ProviderAnswer> {
    const judgement = egress.judge(endpoint);
    if (!judgement.allowed)
      return { kind: 'not-started', reason: 'push-host-refused', detail: judgement.reason };
    const result = await egress.send({
      method: 'POST',
      url: endpoint,
      headers: {
        authorization: vapid.authorization(judgement.url.origin),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(Math.max(0, Math.floor(ttlMs / 1000))),
        urgency,
        ...(topic === undefined ? {} : { topic }),
      },
      body,
      notAfter,
    });
    return judgeResult(result, { id, endpoint, now: clock.now() });
  }

  return {
    name: 'webpush',
    vapidPublicKey: vapid.publicKey,
    capacity: () => egress.connectionsPerOrigin,

    async deliver(notification) {
      const { id, target, body, collapseKey, expiresAt, notAfter } = notification;
      if (body === undefined) return { kind: 'unacceptable', reason: 'body-missing' };
      if (body.length > publishLimits.webPushBodyBytes)
        return { kind: 'unacceptable', reason: 'too-large', tooLarge: true };
      return push({
        id,
        endpoint: target.endpoint,
        notAfter,
        ttlMs: Math.min(expiresAt - clock.now(), maxStoredMs),
        urgency: urgencyOf(notification),
        topic: collapseKey, // RFC 8030 §5.4: a stored badge is replaced by the newer one
        body,
      });
    },

    async challenge({ id, target, code, keys, notAfter }) {
      const device = keys === undefined ? undefined : parseDeviceKeys(keys);
      if (device === undefined)
        return { kind: 'unacceptable', reason: keys === undefined ? 'keys-missing' : 'keys-invalid' };
      const payload: ChallengePayload = { v: 1, kind: 'challenge', code };
      const answer = await push({
        id,
        endpoint: target.endpoint,
        notAfter,
        ttlMs: challengeLifetimeMs,
        urgency: 'high', // somebody waits for it
        body: encryptForDevice(device, Buffer.from(JSON.stringify(payload)), { random }),
      });
      // An endpoint that was made with another key than ours is refused like a wrong key of ours. Until the
      // challenge is back nobody vouches for the endpoint, so it must not look like the operator's fault.
      return answer.kind === 'misconfigured' ? { kind: 'unknown-target', reason: answer.reason } : answer;
    },

    [Symbol.asyncDispose]: () => egress[Symbol.asyncDispose](),
  };
}

/** RFC 8030 §5.3: high wakes a sleeping phone, which only something that the person will see is worth. */
function urgencyOf({ presentation, badge }: ProviderNotification): 'normal' | 'high' {
  return presentation === 'notification' && badge > 0 ? 'high' : 'normal';
}

function judgeResult(
  result: EgressResult,
  message: { id: string; endpoint: string; now: number },
): ProviderAnswer {
  switch (result.kind) {
    case 'response':
      return judgeWebPushAnswer(result, message);
    case 'refused':
      return { kind: 'not-started', reason: 'push-host-refused', detail: result.reason };
    case 'not-started':
      return {
        kind: 'not-started',
        reason: result.reason === 'too-late' ? 'not-after-passed' : 'overloaded',
      };
    case 'unreachable':
      return { kind: 'unavailable', reason: 'unreachable' };
    case 'outcome-unknown':
      return { kind: 'outcome-unknown', reason: result.reason };
  }
}
