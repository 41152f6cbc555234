// `npm run generate`: writes docs/reference from the code. With --check it writes nothing and fails on a difference.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errorCodes } from '../src/contract/error-codes.ts';
import { errorMessage } from '../src/contract/messages/error-message.ts';
import { deviceOpenApiDocument } from '../src/proxy/api/device-api-document.ts';
import { proxyConfigSchema } from '../src/proxy/config.ts';
import { ProxyEvents } from '../src/proxy/events.ts';
import { parseRelayConfig, relayConfigSchema } from '../src/relay/config.ts';
import { RelayEvents } from '../src/relay/events.ts';
import { createRelay } from '../src/relay/relay.ts';
import { silentLogger } from '../src/runtime/logger.ts';
import { createMetrics, type Metrics } from '../src/runtime/metrics.ts';

const generated: Record<string, () => string | Promise<string>> = {
  'docs/reference/errors.md': errorsReference,
  'docs/reference/metrics.md': metricsReference,
  'docs/reference/device-api.json': () => formatJson(deviceOpenApiDocument()),
  'docs/reference/relay-api.json': async () => formatJson(await relayOpenApiDocument()),
  'docs/reference/proxy-config.md': () => configReference('proxy', proxyConfigSchema),
  'docs/reference/relay-config.md': () => configReference('relay', relayConfigSchema),
};

function errorsReference(): string {
  const rows = Object.entries(errorCodes)
    .map(([code, { status }]) => ({ code, status, ...errorMessage(code as keyof typeof errorCodes, 'en') }))
    .sort((a, b) => a.code.localeCompare(b.code))
    .map(({ code, status, meaning, action }) => `| \`${code}\` | ${status} | ${meaning} | ${action} |`);
  return [
    '# Error codes',
    '',
    'Every error of proxy, relay and commands has one of these codes. Over HTTP it is the `code` of a problem document (RFC 9457)',
    'with the status below; on the command line the message and its hint are printed. Compare codes, never texts.',
    '',
    '| code | status | meaning | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function metricsReference(): string {
  const rows = (make: (metrics: Metrics) => unknown): string[] => {
    const found: string[] = [];
    const real = createMetrics();
    const note = (kind: string, name: string, help: string, labels: readonly string[]): void => {
      found.push(`| \`${name}\` | ${kind} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help} |`);
    };
    make({
      counter(name, help, labels) {
        note('counter', name, help, labels);
        return real.counter(name, help, labels);
      },
      gauge(name, help, labels) {
        note('gauge', name, help, labels);
        return real.gauge(name, help, labels);
      },
      histogram(name, help, labels, buckets) {
        note('histogram', name, help, labels);
        return real.histogram(name, help, labels, buckets);
      },
      expose: () => real.expose(),
    });
    return found.sort();
  };
  const head = ['| metric | kind | labels | meaning |', '| --- | --- | --- | --- |'];
  return [
    '# Metrics',
    '',
    'Prometheus text at `/metrics` on the metrics listener of each service, beside those of the Node.js process itself.',
    '',
    '## Proxy',
    '',
    ...head,
    ...rows(metrics => new ProxyEvents({ logger: silentLogger, metrics })),
    '',
    '## Relay',
    '',
    ...head,
    ...rows(metrics => new RelayEvents({ logger: silentLogger, metrics })),
    '',
  ].join('\n');
}

/** A relay without apps tells it: what is documented is what is served. */
async function relayOpenApiDocument(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-generate-'));
  try {
    const anyPort = { host: '127.0.0.1', port: 0 };
    const config = parseRelayConfig({
      issuer: 'https://relay.example.com',
      database: { path: join(folder, 'relay.db') },
      key_file: join(folder, 'relay.key'),
      listen: anyPort,
      metrics: anyPort,
    });
    await using relay = createRelay(config, { logger: silentLogger });
    await relay.start();
    return await (await fetch(`http://127.0.0.1:${relay.ports.public}/openapi.json`)).json();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
};

function configReference(service: 'proxy' | 'relay', schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return [
    `# Configuration of the ${service}`,
    '',
    `One YAML file. Each key can also be set in the environment: \`MAILBADGE_${service.toUpperCase()}__\` and the path in capitals, joined by two`,
    `underscores (\`MAILBADGE_${service.toUpperCase()}__LISTEN__PORT=9000\`). The environment stands over the file, the file over the defaults. An unknown key is an`,
    'error. Durations carry a unit: `500ms`, `30s`, `15m`, `2h`, `30d`.',
    '',
    '| key | default | meaning |',
    '| --- | --- | --- |',
    ...configRows(json, ''),
    '',
  ].join('\n');
}

function configRows(schema: JsonSchema, prefix: string): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const choices = value.anyOf ?? value.oneOf;
    const objects = (choices ?? [value.items ?? value]).filter(choice => choice.properties !== undefined);
    const own = describeRow(path, value, required.has(key), objects.length > 0);
    const below = objects.flatMap(choice => {
      const kind = choice.properties?.['kind']?.const;
      const inner = value.items === undefined ? path : `${path}[]`;
      return configRows(choice, kind === undefined ? inner : `${inner}(${String(kind)})`);
    });
    return [...(own === undefined ? [] : [own]), ...below];
  });
}

function describeRow(
  path: string,
  value: JsonSchema,
  isRequired: boolean,
  isObject: boolean,
): string | undefined {
  if (value.const !== undefined) return `| \`${path}\` | – | \`${String(value.const)}\` |`;
  if (isObject && value.description === undefined) return undefined;
  const standard =
    value.default !== undefined && !isObject
      ? `\`${JSON.stringify(value.default)}\``
      : isRequired
        ? 'required'
        : '–';
  const choices =
    value.enum === undefined ? '' : `${value.enum.map(choice => `\`${String(choice)}\``).join(', ')}. `;
  return `| \`${path}\` | ${standard.replaceAll('"', '')} | ${choices}${value.description ?? ''} |`;
}

const check = process.argv.includes('--check');
const differing: string[] = [];
for (const [path, make] of Object.entries(generated)) {
  const content = await make();
  if (read(path) === content) continue;
  differing.push(path);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
if (check && differing.length > 0) {
  process.stderr.write(
    `generated files differ from the code; run "npm run generate": ${differing.join(', ')}\n`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(
    `generated: ${Object.keys(generated).length} files, ${differing.length} ${check ? 'differ' : 'written'}\n`,
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
