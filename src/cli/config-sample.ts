// A sample configuration made from a service's schema: every key with its meaning and its default. What is needed
// and has no default is left empty; what is optional and has none is commented out.

import { stringify } from 'yaml';
import { z } from 'zod';

type JsonSchema = {
  properties?: Record<string, JsonSchema>;
  required?: string[];
  default?: unknown;
  description?: string;
};

export function configSample(schema: z.ZodType, { service }: { service: 'proxy' | 'relay' }): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const head = [
    `# Mailbadge ${service}: every key with its default. Durations carry a unit (500ms, 30s, 15m, 2h, 30d).`,
    `# Check it with: mailbadge ${service} config check --config <this file>`,
    '',
  ];
  return `${[...head, ...linesOf(json)].join('\n')}\n`;
}

function linesOf({ properties = {}, required = [] }: JsonSchema): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const meaning = schema.description === undefined ? [] : [`# ${schema.description}`];
    const lines = [...meaning, ...valueLines(key, schema)];
    const open = schema.default !== undefined || required.includes(key);
    return open ? lines : lines.map(line => (line.startsWith('#') ? line : `# ${line}`));
  });
}

function valueLines(key: string, schema: JsonSchema): string[] {
  if (schema.properties !== undefined) return [`${key}:`, ...linesOf(schema).map(line => `  ${line}`)];
  if (schema.default === undefined) return [`${key}:`];
  return [`${key}: ${stringify(schema.default, { collectionStyle: 'flow' }).trim()}`];
}
