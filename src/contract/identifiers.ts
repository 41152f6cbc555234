// The identifiers that proxy, relay and apps exchange. All are opaque to whoever did not make them.

import { z } from 'zod';

/** An SMTP domain, lower case (RFC 1123 labels, at least two). Accepts any case and a trailing dot. */
export const organizationDomainSchema = z
  .string()
  .max(254)
  .transform(text => text.trim().toLowerCase().replace(/\.$/, ''))
  .pipe(
    z
      .string()
      .max(253)
      .regex(
        /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
        'expected a domain such as fabrikam.com',
      ),
  );

/** An organization's security container at a relay. */
export const realmSchema = z.guid().toLowerCase();

/** An app as the relay's operator named it, often its bundle id: com.fabrikam.mail */
export const appIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected an app id such as com.fabrikam.mail');

/** One installation of an app; chosen by the app at its first start and kept. */
export const installationIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, 'expected 8 to 64 base64url characters');

/** 128 random bits, base64url: icons, subscriptions, sessions. */
export const opaqueIdSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/);

/** What stays the same for one icon over all its pushes: APNs collapse id, Web Push Topic (RFC 8030 §5.4: ≤ 32). */
export const collapseKeySchema = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/);

/** Follows a badge from the mailbox's event to the provider's answer. W3C trace-id form: 32 hex digits. */
export const traceIdSchema = z.string().regex(/^[0-9a-f]{32}$/);

/** A device as one organization sees it: HMAC over organization, app and push target. */
export const targetIdSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** A push target that only the relay can open: mbt1.<keyId>.<nonce>.<ciphertext> */
export const sealedTargetSchema = z
  .string()
  .regex(/^mbt1\.[A-Za-z0-9_-]{1,16}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{40,2800}$/);

/** Milliseconds since the epoch, UTC. */
export const instantSchema = z.number().int().min(0).max(8_640_000_000_000_000);

export const badgeSchema = z.number().int().min(0).max(2_147_483_647);
