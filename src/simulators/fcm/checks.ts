// What FCM checks of a request, in this order; the first that fails is the answer. Google documents the errors, not the
// order: who asks comes first, then what is asked, then the device. No I/O here.

import type { ServedRequest } from '../faulty-http2-server.ts';
import type { SimulatedAndroid } from './device.ts';
import { type AndroidMessage, readMessage } from './message.ts';
import type { Refusal } from './refusals.ts';

export type Verdict =
  | { accepted: true; device: SimulatedAndroid; message: AndroidMessage }
  | { accepted: false; refusal: Refusal };

export type CheckContext = {
  projectId: string;
  /** What an access token is good for; undefined where it is not, or no longer, known. */
  scopesOf: (token: string) => readonly string[] | undefined;
  findDevice: (token: string) => SimulatedAndroid | undefined;
  /** Seconds to wait where there were too many messages lately, else 0. */
  takeProjectQuota: () => number;
  takeDeviceQuota: (device: SimulatedAndroid) => number;
};

export const messagingScope = 'https://www.googleapis.com/auth/firebase.messaging';
const scopes = [messagingScope, 'https://www.googleapis.com/auth/cloud-platform'];
const maxPayloadBytes = 4096;

export function checkRequest(request: ServedRequest, context: CheckContext): Verdict {
  const [, projectId] = /^\/v1\/projects\/([^/?]+)\/messages:send$/.exec(request.path) ?? [];
  if (request.method !== 'POST' || projectId === undefined) return refuse({ code: 'NO_SUCH_PAGE' });
  const forbidden = checkSender(request, projectId, context);
  if (forbidden !== undefined) return refuse(forbidden);

  const projectWait = context.takeProjectQuota();
  if (projectWait > 0) return refuse({ code: 'PROJECT_QUOTA', retryAfterSeconds: projectWait });
  const read = readMessage(request.body);
  if ('violations' in read) return refuse({ code: 'INVALID_JSON', violations: read.violations });
  const { message } = read;
  if (message.bytes > maxPayloadBytes) return refuse({ code: 'MESSAGE_TOO_BIG' });

  const device = context.findDevice(message.token);
  if (device === undefined) return refuse({ code: 'INVALID_TOKEN' });
  if (device.projectId !== context.projectId) return refuse({ code: 'SENDER_ID_MISMATCH' });
  if (device.uninstalledAt !== undefined) return refuse({ code: 'UNREGISTERED' });
  if (device.platform !== 'android') return refuse({ code: 'THIRD_PARTY_AUTH_ERROR' });
  const deviceWait = context.takeDeviceQuota(device);
  if (deviceWait > 0) return refuse({ code: 'DEVICE_QUOTA', retryAfterSeconds: deviceWait });
  return { accepted: true, device, message };
}

function checkSender(
  { headers, headerNames }: ServedRequest,
  projectId: string,
  context: CheckContext,
): Refusal | undefined {
  const authorization = headers['authorization'];
  const repeated = headerNames.filter(name => name === 'authorization').length > 1;
  const [, token] = typeof authorization === 'string' ? (/^Bearer (\S+)$/.exec(authorization) ?? []) : [];
  const granted = token === undefined || repeated ? undefined : context.scopesOf(token);
  if (granted === undefined) return { code: 'UNAUTHENTICATED' };
  if (!scopes.some(scope => granted.includes(scope))) return { code: 'SCOPE_INSUFFICIENT' };
  if (projectId !== context.projectId) return { code: 'PERMISSION_DENIED' };
  const type = headers['content-type'];
  if (typeof type === 'string' && /^application\/json(;|$)/.test(type)) return undefined;
  return { code: 'INVALID_JSON', violations: [{ field: '', description: 'The content type is not JSON.' }] };
}

function refuse(refusal: Refusal): Verdict {
  return { accepted: false, refusal };
}
