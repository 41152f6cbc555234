// Configuration: one YAML file per service, environment over it (MAILBADGE_PROXY__RELAY__TIMEOUT), defaults under
// it. `parseConfig` is pure; an unknown key is an error that names its path and the nearest known key.

import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { editDistance } from './edit-distance.ts';
import { AppError } from './errors.ts';

/** Reads the file of `service`, which the hints name. */
export function readConfigFile(path: string, { service }: { service: 'proxy' | 'relay' }): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const [why, hint] =
      code === 'ENOENT'
        ? ['does not exist', `name it with --config, or make one with "mailbadge ${service} config generate"`]
        : code === 'EACCES'
          ? ['is closed to you', 'run the command as the service user, such as with "sudo -u mailbadge"']
          : [`cannot be read: ${code}`, 'name a YAML file with --config'];
    throw new AppError('config-not-found', `the configuration file ${path} ${why}`, { hint, cause });
  }
  return parseText(text, path) ?? {};
}

function parseText(text: string, source: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    // its further lines quote the text, which may hold a password
    const [reason = ''] = (cause as Error).message.split(/:?\n/);
    throw new AppError('config-invalid', `${source} is not valid YAML: ${reason}`, {
      hint: 'mend it at that place; YAML wants spaces for indenting, and quotes around texts with ": " or "#"',
      cause: reason,
    });
  }
}

/** Where a configuration comes from: `prefix` is such as `MAILBADGE_PROXY`, `file` what `raw` was read from. */
export type ConfigOrigin = {
  env?: Record<string, string | undefined>;
  prefix: string;
  file?: string | undefined;
};

/** Validates `raw` with the environment's overrides applied. */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  { env = {}, prefix, file = 'the configuration file' }: ConfigOrigin,
): z.output<S> {
  const overrides = overridesOf(env, prefix);
  const result = schema.safeParse(withOverrides(raw, overrides));
  if (result.success) return result.data;
  const { issues } = result.error;
  // a mistyped key also leaves its right spelling missing: tell the cause, not the consequence
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const nearest = nearestKey(key, knownKeys(schema, issue.path));
    const place = placeOf([...path, key], overrides) ?? file;
    throw new AppError(
      'config-invalid',
      `the configuration has an unknown key "${[...path, key].join('.')}" in ${place}`,
      {
        hint:
          nearest === undefined
            ? 'remove it, or look the name up in the reference'
            : `did you mean "${nearest}"?`,
      },
    );
  }
  const where = path.length === 0 ? 'the configuration' : `the configuration's "${path.join('.')}"`;
  const wrong =
    issue?.code === 'invalid_type' && issue.message.endsWith('received undefined')
      ? 'is missing'
      : `is wrong: ${issue?.message ?? 'unknown'}`;
  throw new AppError('config-invalid', `${where} ${wrong}`, {
    hint: `mend it in ${placeOf(path, overrides) ?? file}`,
  });
}

/** What the environment sets: a variable, the path that it names, the text that it holds. */
type Override = { variable: string; path: readonly string[]; text: string };

function overridesOf(env: Record<string, string | undefined>, prefix: string): Override[] {
  return Object.entries(env).flatMap(([variable, text]) => {
    if (text === undefined || !variable.startsWith(`${prefix}__`)) return [];
    const path = variable
      .slice(prefix.length + 2)
      .toLowerCase()
      .split('__');
    return path.at(-1) === '' ? [] : [{ variable, path, text }];
  });
}

function withOverrides(raw: unknown, overrides: readonly Override[]): unknown {
  const merged = structuredClone(raw ?? {}) as Record<string, unknown>;
  if (typeof merged !== 'object') return merged; // a file that holds one text: the schema says so
  for (const { variable, path, text } of overrides) {
    let place = merged;
    for (const key of path.slice(0, -1)) {
      const next = place[key];
      const below = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : {};
      place[key] = below;
      place = below;
    }
    place[path.at(-1) ?? ''] = parseText(text, `the environment variable ${variable}`);
  }
  return merged;
}

/** The variable that set what stands at `path`, or what it stands in. */
function placeOf(path: readonly string[], overrides: readonly Override[]): string | undefined {
  const set = overrides.find(override => override.path.every((key, at) => key === path[at]));
  return set === undefined ? undefined : `the environment variable ${set.variable}`;
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
