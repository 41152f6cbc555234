// The proxy's configuration: one YAML file, environment over it (MAILBADGE_PROXY__…), defaults under it.

import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { appIdSchema } from '../contract/identifiers.ts';
import { type ConfigOrigin, parseConfig } from '../runtime/config-file.ts';
import { duration } from '../runtime/durations.ts';
import { networkSchema } from '../runtime/http/client-address.ts';
import type { LogLevel } from '../runtime/logger.ts';

const address = (host: string, port: number) =>
  z
    .strictObject({
      host: z.string().default(host).describe('Address to listen on'),
      port: z.number().int().min(0).max(65_535).default(port).describe('Port; 0 takes any free one'),
    })
    .prefault({});

/** Of the organization's own: `javascript:` and its like must never reach a page. */
const httpsUrl = (description: string) =>
  z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .describe(description);

function isLoopbackAddress(host: string): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** A secret in the file, or in a file of its own; never both. */
const secret = {
  password: z.string().min(1).optional().describe('The secret itself; prefer password_file'),
  password_file: z.string().optional().describe('File that holds the secret'),
};
const oneSecret = (value: { password?: string | undefined; password_file?: string | undefined }): boolean =>
  (value.password === undefined) !== (value.password_file === undefined);
const oneSecretMessage = { message: 'give either password or password_file' };

const imapServerShape = {
  host: z.string().describe('The IMAP server'),
  port: z.number().int().min(1).max(65_535).default(993),
  security: z
    .enum(['tls', 'starttls', 'none'])
    .default('tls')
    .describe('none sends passwords in the clear: only towards this same machine'),
  ca_file: z.string().optional().describe('PEM certificates to trust besides the system’s'),
  dangerously_allow_plaintext: z
    .boolean()
    .default(false)
    .describe('Allow security: none towards another machine: passwords travel in the clear'),
};
const imapServer = z.strictObject(imapServerShape);

const masterUser = z
  .strictObject({
    user: z.string(),
    ...secret,
    separator: z.string().min(1).max(1).default('*').describe('auth_master_user_separator of the server'),
  })
  .refine(oneSecret, oneSecretMessage);

const doveadm = z
  .strictObject({
    kind: z.literal('doveadm'),
    url: z.url().describe('http://127.0.0.1:8080/doveadm/v1'),
    ...secret,
  })
  .refine(oneSecret, oneSecretMessage);

const dovecotSource = z.strictObject({
  kind: z.literal('dovecot'),
  listen: z
    .union(
      [
        z.strictObject({
          path: z.string(),
          mode: z
            .string()
            .regex(/^0[0-7]{3}$/)
            .default('0660'),
          group: z
            .string()
            .optional()
            .describe('Group of the socket, which mail processes need (Dovecot’s mail_access_groups)'),
        }),
        z.strictObject({ host: z.string(), port: z.number().int().min(0).max(65_535) }),
      ],
      { error: 'expected path (with mode, group), or host and port, and nothing else' },
    )
    .describe('Where Dovecot’s notify_status plugin connects: a unix socket, or a loopback address'),
  prefix_secret: z.string().min(16).optional().describe('Secret key prefix; demanded when listening on TCP'),
  prefix_secret_file: z.string().optional(),
  recount: z.discriminatedUnion('kind', [
    doveadm,
    z.strictObject({ kind: z.literal('master-user'), master: masterUser }),
  ]),
  imap: imapServer.describe('Where people’s passwords are checked, and counts re-read by the master user'),
});

const imapSource = z.strictObject({
  kind: z.literal('imap'),
  ...imapServerShape,
  master: masterUser
    .optional()
    .describe('Sign in as master user; without it with each mailbox’s own password'),
  renew_idle: duration('9m').describe('How often IDLE is renewed (RFC 2177 asks for less than 29 minutes)'),
});

const testMail = z
  .strictObject({
    via: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('smtp'),
          host: z.string(),
          port: z.number().int().min(1).max(65_535).default(25),
          security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
          ca_file: z.string().optional().describe('PEM certificates to trust besides the system’s'),
          user: z.string().optional().describe('Signs in with it and a password; without it not at all'),
          ...secret,
        }),
        z.strictObject({
          kind: z.literal('lmtp'),
          host: z.string(),
          port: z.number().int().min(1).max(65_535).default(24),
        }),
        z.strictObject({ kind: z.literal('lmtp-socket'), path: z.string() }),
      ])
      .optional()
      .describe('How "proxy test-mail" hands its message to the mail server'),
    from: z.string().optional().describe('Its sender; else mailbadge-test@ and the organization’s domain'),
  })
  .describe('What "proxy test-mail" uses when its options do not say');

export const proxyConfigSchema = z.strictObject({
  database: z.strictObject({ path: z.string().default('/var/lib/mailbadge/proxy.db') }).prefault({}),
  key_file: z
    .string()
    .default('/var/lib/mailbadge/proxy.key')
    .describe('Seals private keys and passwords at rest; back it up'),
  listen: address('127.0.0.1', 8443),
  tls: z
    .strictObject({ certificate_file: z.string(), key_file: z.string() })
    .optional()
    .describe('Without it, a reverse proxy in front must speak TLS'),
  metrics: address('127.0.0.1', 9465),
  console: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Serve the console, opened with "mailbadge proxy console"'),
      host: z
        .string()
        .default('127.0.0.1')
        .refine(isLoopbackAddress, 'the console listens on a loopback address only, such as 127.0.0.1')
        .describe(
          'A loopback address: whoever reaches the console from elsewhere must tunnel to this machine',
        ),
      port: z.number().int().min(0).max(65_535).default(0).describe('Port; 0 takes any free one'),
    })
    .prefault({}),
  public_url: z.url().max(256).describe('Where devices reach this proxy'),
  allowed_origins: z
    .array(z.url().transform(url => new URL(url).origin))
    .default([])
    .describe('Web apps of other origins that may call the API for devices'),
  trusted_proxies: z
    .array(networkSchema)
    .default([])
    .describe('Reverse proxies whose X-Forwarded-For is believed'),
  web_app: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Serve the web app for devices under /app/'),
      name: z.string().trim().min(1).max(30).default('Mailbadge').describe('What stands under its icon'),
      app_id: appIdSchema
        .optional()
        .describe('What it registers as; without it the first app of the relay that has Web Push'),
      webmail: z
        .strictObject({
          inbox: httpsUrl('The inbox, such as https://webmail.fabrikam.com/'),
          message: httpsUrl(
            'One message; {uid}, {message_id}, {mailbox} and {action} (open, mark-read, archive) are filled in',
          ).optional(),
        })
        .optional()
        .describe('Where people read their mail: the web app only hands over to it'),
    })
    .prefault({}),
  log_level: z.enum(['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[]).default('info'),
  relay: z
    .strictObject({
      ca_file: z.string().optional().describe('PEM certificates to trust besides the system’s'),
      timeout: duration('10s'),
      dangerously_allow_http: z
        .boolean()
        .default(false)
        .describe('Allow an http:// relay: for the demo and tests'),
      allow_private_addresses: z
        .boolean()
        .default(false)
        .describe(
          'Fetch the metadata of other authorization servers from private addresses too; the relay itself may always be at one',
        ),
      direct_trust: z
        .boolean()
        .default(false)
        .describe('Sign access tokens here instead of asking the relay for them; the relay must take them'),
    })
    .prefault({}),
  trust: z
    .strictObject({
      renew_before: duration('60d').describe(
        'A certificate that ends within this time is followed by a new one, by itself',
      ),
      rsa_algorithm: z
        .enum(['RS256', 'PS256'])
        .default('RS256')
        .describe('What RSA keys sign with; a P-256 key signs ES256'),
    })
    .prefault({}),
  mailboxes: z.strictObject({
    name: z
      .strictObject({
        lower_case: z.boolean().default(true),
        default_domain: z.string().optional(),
        strip_domain: z.boolean().default(false),
      })
      .prefault({}),
    recount_every: duration('30m').describe(
      'Every mailbox is counted again at least this often, spread over the time',
    ),
    source: z
      .discriminatedUnion('kind', [dovecotSource, imapSource])
      .optional()
      .describe('The mail server; the demo brings its own'),
  }),
  probe: z
    .strictObject({
      every: duration('5m').describe(
        'How often the way to the relay is probed by itself; 0s switches it off',
      ),
    })
    .prefault({}),
  test_mail: testMail.prefault({}),
  subscriptions: z
    .strictObject({
      lifetime: duration('30d').describe('A subscription ends this long after the app was last opened'),
      per_mailbox: z.number().int().min(1).max(1000).default(20),
    })
    .prefault({}),
});

export type ProxyConfig = z.output<typeof proxyConfigSchema>;
export type DovecotSourceConfig = z.output<typeof dovecotSource>;
export type ImapSourceConfig = z.output<typeof imapSource>;
export type TestMailConfig = z.output<typeof testMail>;
export type ImapServerConfig = z.output<typeof imapServer>;

export function parseProxyConfig(raw: unknown, origin: Omit<ConfigOrigin, 'prefix'> = {}): ProxyConfig {
  return parseConfig(proxyConfigSchema, raw, { ...origin, prefix: 'MAILBADGE_PROXY' });
}
