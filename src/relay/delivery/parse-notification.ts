// Checks one item of a batch by itself: what is wrong with it is its own outcome, and names the member.

import { type Notification, notificationSchema, publishLimits } from '../../contract/publishing.ts';
import type { Outcome } from './judge-answer.ts';

const longestBody = Math.ceil((publishLimits.webPushBodyBytes * 4) / 3);

export function parseNotification(item: unknown): { notification: Notification } | { wrong: Outcome } {
  if (isTooLarge(item)) {
    return { wrong: { outcome: 'rejected', reason: 'payload-too-large', detail: 'body' } };
  }
  const { success, data, error } = notificationSchema.safeParse(item);
  if (success) return { notification: data };
  const [issue] = error.issues;
  const member = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  const detail = `"${member?.slice(0, 64) ?? ''}": ${issue?.code === 'unrecognized_keys' ? 'unknown member' : issue?.message}`;
  return { wrong: { outcome: 'rejected', reason: 'notification-invalid', detail } };
}

function isTooLarge(item: unknown): boolean {
  const body = typeof item === 'object' && item !== null && 'body' in item ? item.body : undefined;
  return typeof body === 'string' && body.length > longestBody;
}
