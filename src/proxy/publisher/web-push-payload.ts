// What a Web Push message says before it is encrypted: the app's own JSON for its service worker, or a Declarative Web
// Push message, which the browser shows by itself, in the device's language.

import type { BadgePayload, DeclarativePayload, Preview } from '../../contract/badge-payload.ts';
import type { Claim } from './claim.ts';
import { payloadSizes } from './payload-sizes.ts';
import { unseenWords } from './unseen-words.ts';

export type WebPushPayload = { payload: BadgePayload | DeclarativePayload; paddedBytes: number };

/** `webAppUrl`: where a declarative notification leads. */
export function webPushPayload(
  claim: Claim,
  { preview, webAppUrl }: { preview: Preview | undefined; webAppUrl: string },
): WebPushPayload {
  const { iconId, badge, rev, presentation, form, previews } = claim;
  const payload: BadgePayload = {
    v: 1,
    kind: 'badge',
    subscription: iconId,
    badge,
    rev,
    presentation,
    ...(preview && { preview }),
  };
  const previewing = previews !== undefined;
  switch (form) {
    case 'worker':
      return { payload, paddedBytes: previewing ? payloadSizes.previewing : payloadSizes.badge };
    case 'declarative':
      return {
        payload: declarative(payload, { language: claim.language, webAppUrl }),
        paddedBytes: previewing ? payloadSizes.declarativePreviewing : payloadSizes.declarative,
      };
  }
}

function declarative(
  payload: BadgePayload,
  { language, webAppUrl }: Pick<Claim, 'language'> & { webAppUrl: string },
): DeclarativePayload {
  const { subscription, badge, preview } = payload;
  const count = unseenWords(badge, language);
  const words =
    preview === undefined || preview.from === ''
      ? { title: count, ...(preview?.subject && { body: preview.subject }) }
      : { title: preview.from, body: preview.subject === '' ? count : `${preview.subject}\n${count}` };
  return {
    web_push: 8030,
    notification: {
      ...words,
      navigate: webAppUrl,
      tag: subscription, // constant per icon: each replaces the one before
      lang: language,
      silent: true,
      app_badge: String(badge),
      mutable: false,
    },
    app_badge: badge,
    mutable: false,
    mailbadge: payload,
  };
}
