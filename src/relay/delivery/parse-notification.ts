// Checks one item of a batch by itself: what is wrong with it is its own outcome, and names the member.

import { type Notification, notificationSchema, publishLimits } from '../../contract/publishing.ts';
import type { Outcome } from './judge-answer.ts';

/** As base64url. */
const longest = {
  body: Math.ceil((publishLimits.webPushBodyBytes * 4) / 3),
  preview: Math.ceil((publishLimits.previewBytes * 4) / 3),
} as const;

export function parseNotification(item: unknown): { notification: Notification } | { wrong: Outcome } {
  const tooLarge = (['body', 'preview'] as const).find(member => lengthOf(item, member) > longest[member]);
  if (tooLarge !== undefined) {
    return { wrong: { outcome: 'rejected', reason: 'payload-too-large', detail: `"${tooLarge}"` } };
  }
  const { success, data, error } = notificationSchema.safeParse(item);
  if (success) return { notification: data };
  const [issue] = error.issues;
  const member = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  const detail = `"${member?.slice(0, 64) ?? ''}": ${issue?.code === 'unrecognized_keys' ? 'unknown member' : issue?.message}`;
  return { wrong: { outcome: 'rejected', reason: 'notification-invalid', detail } };
}

function lengthOf(item: unknown, member: 'body' | 'preview'): number {
  const value =
    typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[member] : undefined;
  return typeof value === 'string' ? value.length : 0;
}
