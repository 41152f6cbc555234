// What APNs checks of a request, in this order; the first that fails is the answer. Apple documents the reasons, not
// the order: it is the one that worked with real clients. No I/O here.

import type { Clock } from '../../runtime/clock.ts';
import type { ServedRequest } from '../faulty-http2-server.ts';
import type { Environment, Push, SimulatedDevice } from './device.ts';
import type { ConnectionIdentity, ProviderTokens, SigningKey } from './provider-tokens.ts';
import type { RefusalReason } from './refusals.ts';

export type Verdict =
  | { accepted: true; device: SimulatedDevice; push: Push; key: SigningKey }
  /** `key`: the provider token was good. */
  | { accepted: false; reason: RefusalReason; timestamp?: number; key?: SigningKey };

export type CheckContext = {
  clock: Clock;
  environment: Environment;
  identity: ConnectionIdentity | undefined;
  tokens: ProviderTokens;
  /** The apns-id to use where the request has none. */
  newId: () => string;
  findDevice: (token: string) => SimulatedDevice | undefined;
  /** False where the device has had too many pushes lately. */
  takeQuota: (device: SimulatedDevice) => boolean;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const devicePath = '/3/device/';
/** Letters, digits, hyphens and periods (Apple, CFBundleIdentifier); what is put behind it, such as `.voip`, too. */
const bundleId = /^[A-Za-z0-9.-]+$/;
const pushTypes = new Set([
  'alert',
  'background',
  'complication',
  'controls',
  'fileprovider',
  'liveactivity',
  'location',
  'mdm',
  'pushtotalk',
  'voip',
  'widgets',
]);

export function checkRequest(request: ServedRequest, context: CheckContext): Verdict {
  const envelope = checkEnvelope(request);
  if (envelope !== undefined) return refuse(envelope);

  const authorization = text(request.headers['authorization']);
  const checked = context.tokens.check(authorization, context);
  if ('refused' in checked) return refuse(checked.refused);
  const { key } = checked;

  const malformed = checkHeaders(request, key) ?? checkBody(request);
  if (malformed !== undefined) return { ...refuse(malformed), key };

  const token = request.path.slice(devicePath.length).toLowerCase();
  const device = /^([0-9a-f]{2}){32,}$/.test(token) ? context.findDevice(token) : undefined;
  if (device?.environment !== context.environment) return { ...refuse('BadDeviceToken'), key };
  if (device.topic !== text(request.headers['apns-topic']))
    return { ...refuse('DeviceTokenNotForTopic'), key };
  if (device.uninstalledAt !== undefined)
    return { ...refuse('Unregistered'), timestamp: device.uninstalledAt, key };
  if (!context.takeQuota(device)) return { ...refuse('TooManyRequests'), key };
  return { accepted: true, device, key, push: readPush(request, context) };
}

function checkEnvelope({ method, path, headers, headerNames }: ServedRequest): RefusalReason | undefined {
  if (method !== 'POST') return 'MethodNotAllowed';
  const single = headerNames.filter(name => name.startsWith('apns-') || name === 'authorization');
  if (new Set(single).size < single.length) return 'DuplicateHeaders';
  const id = text(headers['apns-id']);
  if (id !== undefined && !uuid.test(id)) return 'BadMessageId';
  if (!path.startsWith(devicePath)) return 'BadPath';
  return path === devicePath ? 'MissingDeviceToken' : undefined;
}

function checkHeaders({ headers }: ServedRequest, key: SigningKey): RefusalReason | undefined {
  const topic = text(headers['apns-topic']);
  if (topic === undefined || topic === '') return 'MissingTopic';
  if (!bundleId.test(topic)) return 'BadTopic';
  if (key.topics?.includes(topic) === false) return 'TopicDisallowed';
  if (!['10', '5', '1'].includes(text(headers['apns-priority']) ?? '10')) return 'BadPriority';
  if (!/^\d{1,12}$/.test(text(headers['apns-expiration']) ?? '0')) return 'BadExpirationDate';
  if (Buffer.byteLength(text(headers['apns-collapse-id']) ?? '') > 64) return 'BadCollapseId';
  return pushTypes.has(text(headers['apns-push-type']) ?? 'alert') ? undefined : 'InvalidPushType';
}

function checkBody({ headers, body }: ServedRequest): RefusalReason | undefined {
  const pushType = text(headers['apns-push-type']);
  if (body.length === 0) return 'PayloadEmpty';
  if (body.length > (pushType === 'voip' ? 5120 : 4096)) return 'PayloadTooLarge';
  // Apple: background pushes must have priority 5; which reason it gives is not documented
  return pushType === 'background' && (text(headers['apns-priority']) ?? '10') === '10'
    ? 'BadPriority'
    : undefined;
}

function readPush({ headers, body }: ServedRequest, { clock, newId }: CheckContext): Push {
  return {
    apnsId: text(headers['apns-id']) ?? newId(),
    pushType: text(headers['apns-push-type']) ?? 'alert',
    priority: Number(text(headers['apns-priority']) ?? 10),
    expiresAt: Number(text(headers['apns-expiration']) ?? 0) * 1000,
    collapseId: text(headers['apns-collapse-id']),
    payload: parseJson(body),
    acceptedAt: clock.now(),
  };
}

function refuse(reason: RefusalReason): { accepted: false; reason: RefusalReason } {
  return { accepted: false, reason };
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
