// Configuration: one YAML file per service, environment over it (MAILBADGE_PROXY__RELAY__TIMEOUT), defaults under
// it. `parseConfig` is pure; an unknown key is an error that names its path and the nearest known key.

import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { editDistance } from './edit-distance.ts';
import { AppError } from './errors.ts';

/** Reads the file; a missing file is an error unless `optional`. */
export function readConfigFile(path: string, { optional = false }: { optional?: boolean } = {}): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (optional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new AppError('config-not-found', `the configuration file ${path} cannot be read`, {
      hint:
        (cause as NodeJS.ErrnoException).code === 'EACCES'
          ? 'it is there, but closed to you: run the command as the service user, such as with "sudo -u mailbadge"'
          : 'name it with --config, or make one with "mailbadge <service> config generate"',
      cause,
    });
  }
  try {
    return parseYaml(text) ?? {};
  } catch (cause) {
    throw new AppError('config-invalid', `${path} is not valid YAML: ${(cause as Error).message.trim()}`, {
      hint: 'mend it at that place; YAML wants spaces for indenting, and quotes around texts with ": " or "#"',
      cause,
    });
  }
}

/** Validates `raw` with the environment's overrides applied. `prefix` is such as `MAILBADGE_PROXY`. */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  { env = {}, prefix }: { env?: Record<string, string | undefined>; prefix: string },
): z.output<S> {
  const result = schema.safeParse(withEnvironment(raw, env, prefix));
  if (result.success) return result.data;
  const { issues } = result.error;
  // a mistyped key also leaves its right spelling missing: tell the cause, not the consequence
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const nearest = nearestKey(key, knownKeys(schema, issue.path));
    throw new AppError(
      'config-invalid',
      `the configuration has an unknown key "${[path, key].filter(Boolean).join('.')}"`,
      {
        hint:
          nearest === undefined
            ? 'remove it, or look the name up in the reference'
            : `did you mean "${nearest}"?`,
      },
    );
  }
  const where = path === '' ? 'the configuration' : `the configuration's "${path}"`;
  const wrong =
    issue?.code === 'invalid_type' && issue.message.endsWith('received undefined')
      ? 'is missing'
      : `is wrong: ${issue?.message ?? 'unknown'}`;
  throw new AppError('config-invalid', `${where} ${wrong}`, {
    hint: 'mend it in the file, or in the environment variable that sets it',
  });
}

function withEnvironment(raw: unknown, env: Record<string, string | undefined>, prefix: string): unknown {
  const merged = structuredClone(raw ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith(`${prefix}__`)) continue;
    const path = name
      .slice(prefix.length + 2)
      .toLowerCase()
      .split('__');
    const last = path.pop();
    if (last === undefined || last === '') continue;
    let place = merged;
    for (const key of path) {
      const next = place[key];
      const below = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : {};
      place[key] = below;
      place = below;
    }
    place[last] = parseYaml(value);
  }
  return merged;
}

function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let current = unwrap(schema);
  for (const key of path) current = unwrap(shapeOf(current)[String(key)]);
  return Object.keys(shapeOf(current));
}

function shapeOf(schema: unknown): Record<string, unknown> {
  const shape = (schema as { shape?: unknown } | undefined)?.shape;
  return typeof shape === 'object' && shape !== null ? (shape as Record<string, unknown>) : {};
}

/** Looks through defaults, optionals and pipes to the object below. */
function unwrap(schema: unknown): unknown {
  let current = schema as { def?: { innerType?: unknown; in?: unknown; element?: unknown } } | undefined;
  while (current?.def !== undefined && !('shape' in current)) {
    const inner = current.def.innerType ?? current.def.in ?? current.def.element;
    if (inner === undefined) break;
    current = inner as typeof current;
  }
  return current;
}

function nearestKey(key: string, candidates: string[]): string | undefined {
  const [best] = candidates
    .map(candidate => ({ candidate, distance: editDistance(key, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, key.length / 3) ? best.candidate : undefined;
}
