// A message to one device, as "projects.messages" describes it: every member that is documented there for Android, and
// none besides. What is wrong is named as Google names it: by the field, and by kind.

import { z } from 'zod';
import type { FieldViolation } from './refusals.ts';

const strings = z.record(z.string(), z.string());
const durationSchema = z.string().regex(/^\d{1,12}(\.\d{1,9})?s$/);

const notification = { title: z.string(), body: z.string(), image: z.string() };

const androidNotificationSchema = z
  .strictObject({
    ...notification,
    icon: z.string(),
    color: z.string().regex(/^#[0-9A-Fa-f]{6}$/),
    sound: z.string(),
    tag: z.string(),
    click_action: z.string(),
    body_loc_key: z.string(),
    body_loc_args: z.array(z.string()),
    title_loc_key: z.string(),
    title_loc_args: z.array(z.string()),
    channel_id: z.string(),
    ticker: z.string(),
    sticky: z.boolean(),
    event_time: z.string(),
    local_only: z.boolean(),
    notification_priority: z.enum([
      'PRIORITY_UNSPECIFIED',
      'PRIORITY_MIN',
      'PRIORITY_LOW',
      'PRIORITY_DEFAULT',
      'PRIORITY_HIGH',
      'PRIORITY_MAX',
    ]),
    default_sound: z.boolean(),
    default_vibrate_timings: z.boolean(),
    default_light_settings: z.boolean(),
    vibrate_timings: z.array(durationSchema),
    visibility: z.enum(['VISIBILITY_UNSPECIFIED', 'PRIVATE', 'PUBLIC', 'SECRET']),
    notification_count: z.number().int().min(0).max(2_147_483_647),
  })
  .partial();

const androidSchema = z
  .strictObject({
    collapse_key: z.string(),
    priority: z.enum(['NORMAL', 'HIGH', 'normal', 'high']),
    ttl: durationSchema,
    restricted_package_name: z.string(),
    data: strings,
    notification: androidNotificationSchema,
    direct_boot_ok: z.boolean(),
  })
  .partial();

const requestSchema = z.strictObject({
  validate_only: z.boolean().optional(),
  message: z.strictObject({
    token: z.string(),
    data: strings.optional(),
    notification: z.strictObject(notification).partial().optional(),
    android: androidSchema.optional(),
  }),
});

export type AndroidMessage = {
  token: string;
  data: Record<string, string>;
  collapseKey: string | undefined;
  priority: 'NORMAL' | 'HIGH';
  ttlMs: number;
  /** What the system shows by itself where the app is not in front. */
  notification: { tag: string | undefined; count: number } | undefined;
  bytes: number;
};

const maxTtlSeconds = 2_419_200;

export function readMessage(body: Buffer): { message: AndroidMessage } | { violations: FieldViolation[] } {
  const json = parseJson(body);
  if (json === undefined) {
    return { violations: [{ field: '', description: 'Invalid JSON payload received. Unexpected token.' }] };
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) return { violations: parsed.error.issues.flatMap(describeIssue) };
  const { token, data = {}, notification: common, android = {} } = parsed.data.message;
  const allData = android.data ?? data; // "If present, it will override"
  const ttlSeconds = Number((android.ttl ?? `${maxTtlSeconds}s`).slice(0, -1));
  const violations = [
    ...Object.keys(allData)
      .filter(isReserved)
      .map(key => violation('message.data', `Invalid data payload key: ${key}`)),
    ...(ttlSeconds > maxTtlSeconds ? [violation('message.android.ttl', 'Invalid TTL')] : []),
  ];
  if (violations.length > 0) return { violations };
  const shown =
    common === undefined && android.notification === undefined ? undefined : (android.notification ?? {});
  return {
    message: {
      token,
      data: allData,
      collapseKey: android.collapse_key,
      priority: android.priority?.toUpperCase() === 'HIGH' ? 'HIGH' : 'NORMAL',
      ttlMs: Math.floor(ttlSeconds) * 1000, // "rounded down to the nearest second"
      notification: shown && { tag: shown.tag, count: shown.notification_count ?? 0 },
      bytes: payloadBytes(allData, { ...common, ...android.notification }),
    },
  };
}

/** "from", "message_type", or what begins with "google" or "gcm" (projects.messages and ErrorCode, the stricter of both). */
function isReserved(key: string): boolean {
  return key === 'from' || key === 'message_type' || key.startsWith('google') || key.startsWith('gcm');
}

/** "This includes both the keys and the values." */
function payloadBytes(data: Record<string, string>, shown: object): number {
  const texts = [...Object.entries(data).flat(), ...Object.entries(shown).flat().map(String)];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function describeIssue(issue: z.core.$ZodIssue): FieldViolation[] {
  const parent = fieldOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key =>
      violation(
        parent,
        `Invalid JSON payload received. Unknown name "${key.slice(0, 64)}"${parent === '' ? '' : ` at '${parent}'`}: Cannot find field.`,
      ),
    );
  }
  return [violation(parent, `Invalid value at '${parent}' (${issue.message})`)];
}

/** A map's entry is named by its place, as in message.data[0].value; a zod path has the key, whose place does not matter. */
function fieldOf(path: readonly PropertyKey[]): string {
  const [root, member, ...rest] = path.map(String);
  if (root === 'message' && member === 'data' && rest.length > 0) return 'message.data[0].value';
  return path.map(String).join('.');
}

function violation(field: string, description: string): FieldViolation {
  return { field, description };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
