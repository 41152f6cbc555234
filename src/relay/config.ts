// The relay's configuration: one YAML file, environment over it (MAILBADGE_RELAY__…), defaults under it.
// An app whose provider is not configured simply lacks that provider.

import { isIP } from 'node:net';
import { z } from 'zod';
import { appIdSchema } from '../contract/identifiers.ts';
import { minimumProxyVersion } from '../contract/versions.ts';
import { type ConfigOrigin, parseConfig } from '../runtime/config-file.ts';
import { duration } from '../runtime/durations.ts';
import { AppError } from '../runtime/errors.ts';
import { networkSchema } from '../runtime/http/client-address.ts';
import type { LogLevel } from '../runtime/logger.ts';

const address = (host: string, port: number) =>
  z
    .strictObject({
      host: z.string().default(host).describe('Address to listen on'),
      port: z.number().int().min(0).max(65_535).default(port).describe('Port; 0 takes any free one'),
    })
    .prefault({});

/** Normalized: tokens and assertions compare it as a string. */
const origin = z.url().transform((text, context) => {
  const url = new URL(text);
  if (/^https?:$/.test(url.protocol) && `${url.origin}/` === url.href) return url.origin;
  context.addIssue({ code: 'custom', message: 'expected https://host or https://host:port, without a path' });
  return z.NEVER;
});

const apnsApp = z.strictObject({
  team_id: z.string().regex(/^[A-Z0-9]{10}$/),
  key_id: z.string().regex(/^[A-Z0-9]{10}$/),
  key_file: z.string().describe('The .p8 key that Apple issued'),
  topic: z.string().min(1).describe('The app’s bundle id'),
  production_url: z.url().default('https://api.push.apple.com'),
  sandbox_url: z.url().default('https://api.sandbox.push.apple.com'),
  preview_alert: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .default('New mail')
    .describe('What an iPhone shows in place of a preview that the app does not decrypt in time'),
  ca_file: z.string().optional().describe('PEM certificates to trust: for a simulator only'),
});

const fcmApp = z.strictObject({
  project_id: z.string().regex(/^[a-z][a-z0-9-]{4,29}$/, 'expected the id of the Firebase project'),
  service_account_file: z
    .string()
    .describe('The JSON key of a service account that may send (Firebase Cloud Messaging API)'),
  url: z.url().default('https://fcm.googleapis.com'),
  ca_file: z.string().optional().describe('PEM certificates to trust: for a simulator only'),
});

const webPushApp = z.strictObject({
  subject: z
    .string()
    .regex(/^(mailto:[^\s@<>]+@[^\s@<>]+|https:\/\/\S+)$/, 'expected mailto:ops@fabrikam.com or an https URL')
    .describe('Whom a push service may write to (RFC 8292 §2.1)'),
  push_hosts: z
    .array(z.string())
    .default([
      'fcm.googleapis.com',
      'jmt17.google.com',
      'updates.push.services.mozilla.com',
      'web.push.apple.com',
      '*.notify.windows.com',
    ])
    .describe('The push services that endpoints may point at'),
  ca_file: z
    .string()
    .optional()
    .describe('PEM certificates to trust besides the system’s: for a simulator only'),
});

const dnsServerSchema = z.string().refine(text => {
  const [, bracketed, plain = text] = /^\[([^\]]+)\]:\d{1,5}$|^([^:]+):\d{1,5}$/.exec(text) ?? [];
  return isIP(bracketed ?? plain) !== 0;
}, 'expected an address, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53');

export const relayConfigSchema = z.strictObject({
  issuer: origin.describe('The relay’s public URL, as proxies and devices reach it; the OAuth issuer'),
  database: z.strictObject({ path: z.string().default('/var/lib/mailbadge/relay.db') }).prefault({}),
  key_file: z
    .string()
    .default('/var/lib/mailbadge/relay.key')
    .describe('Seals the relay’s own keys at rest; back it up'),
  listen: address('127.0.0.1', 8444),
  tls: z.strictObject({ certificate_file: z.string(), key_file: z.string() }).optional(),
  metrics: address('127.0.0.1', 9466),
  trusted_proxies: z
    .array(networkSchema)
    .default([])
    .describe('Reverse proxies whose X-Forwarded-For is believed'),
  log_level: z.enum(['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[]).default('info'),
  dangerously_allow_http: z
    .boolean()
    .default(false)
    .describe('Allow an http:// issuer: for the demo and tests'),
  dangerously_allow_push_hosts: z
    .array(z.string())
    .default([])
    .describe('host:port that Web Push may reach although it is private or not 443: for the demo and tests'),
  access_token_lifetime: duration('10m'),
  minimum_proxy_version: z
    .string()
    .regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/, 'expected a version such as 1.2.3')
    .default(minimumProxyVersion)
    .describe('Older proxies are refused, and told to install this version'),
  quotas: z
    .strictObject({
      organization_per_second: z
        .number()
        .int()
        .min(1)
        .default(2000)
        .describe('Notifications a second and organization'),
      device_burst: z.number().int().min(1).default(20),
      device_per_minute: z.number().int().min(1).default(60),
      registrations_per_minute: z
        .number()
        .int()
        .min(1)
        .default(600)
        .describe('Device registrations a minute and organization'),
    })
    .prefault({}),
  console: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Serve the console for administrators under /console'),
    })
    .prefault({}),
  self_service_sign_up: z
    .boolean()
    .default(false)
    .describe('Let organizations sign themselves up in the console, by a TXT record of their domain'),
  dns_servers: z
    .array(dnsServerSchema)
    .default([])
    .describe(
      'Name servers that look such records up, as address or address:port; none: those of the system',
    ),
  domain_grace: duration('14d').describe(
    'How long the TXT record of an organization may be gone before it is deactivated',
  ),
  apps: z
    .array(
      z.strictObject({
        id: appIdSchema,
        apns: apnsApp.optional(),
        fcm: fcmApp.optional(),
        web_push: webPushApp.optional(),
      }),
    )
    .default([]),
});

export type RelayConfig = z.output<typeof relayConfigSchema>;
export type AppConfig = RelayConfig['apps'][number];
export type ApnsAppConfig = z.output<typeof apnsApp>;
export type FcmAppConfig = z.output<typeof fcmApp>;
export type WebPushAppConfig = z.output<typeof webPushApp>;

export function parseRelayConfig(raw: unknown, origin: Omit<ConfigOrigin, 'prefix'> = {}): RelayConfig {
  const config = parseConfig(relayConfigSchema, raw, { ...origin, prefix: 'MAILBADGE_RELAY' });
  if (config.issuer.startsWith('http:') && !config.dangerously_allow_http) {
    throw new AppError('config-invalid', `the issuer ${config.issuer} is not an https URL`, {
      hint: 'give the URL under which a TLS-terminating proxy or "tls" serves it; for tests alone: dangerously_allow_http: true',
    });
  }
  return config;
}
