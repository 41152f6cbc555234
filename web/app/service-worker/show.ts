// What the person sees: the number on the icon where there is one, and one silent notification that each change
// replaces where the platform has no number or demands a notification.

import type { Preview } from '../../../src/contract/badge-payload.ts';
import type { Language } from '../../../src/contract/languages.ts';
import type { PresentationChoice } from '../../../src/device/presentation.ts';
import type { LastBadge } from '../state.ts';
import { badgeWords, setUpWords } from './words.ts';
import type { NotificationWords, WorkerScope } from './worker-scope.ts';

type Shown = Pick<LastBadge, 'iconId' | 'badge'>;
type How = { choice: PresentationChoice; language: Language };

/** Before an icon is known. */
const setUpTag = 'mailbadge';

export async function showBadge(
  scope: WorkerScope,
  { iconId, badge, preview }: Shown & { preview: Preview | undefined },
  { choice, language }: How,
): Promise<void> {
  await setNumber(scope, badge);
  const visible = choice.presentation === 'notification' && (badge > 0 || choice.mustShow);
  if (visible) await notify(scope, iconId, badgeWords(badge, { preview, language }), language);
  // Also that of an icon from before the device registered anew: nobody would ever correct it.
  for (const shown of await scope.registration.getNotifications()) {
    if (!visible || shown.tag !== iconId) shown.close();
  }
}

/** While the person looks at a page: what is shown already is corrected, and nothing new appears. */
export async function correctShown(
  scope: WorkerScope,
  { iconId, badge }: Shown,
  { language }: How,
): Promise<void> {
  await setNumber(scope, badge);
  await close(scope, setUpTag);
  const shown = await scope.registration.getNotifications({ tag: iconId });
  if (shown.length === 0) return;
  if (badge === 0) await close(scope, iconId);
  else await notify(scope, iconId, badgeWords(badge, { preview: undefined, language }), language);
}

/** For the push of a code, where the platform demands a notification for every push. */
export async function showSetUp(scope: WorkerScope, language: Language): Promise<void> {
  await notify(scope, setUpTag, setUpWords(language), language);
}

/** A platform may refuse, such as without permission; the notification then is what is left. */
async function setNumber({ navigator }: WorkerScope, badge: number): Promise<void> {
  try {
    await (badge > 0 ? navigator.setAppBadge?.(badge) : navigator.clearAppBadge?.());
  } catch {}
}

async function notify(
  { registration }: WorkerScope,
  tag: string,
  { title, body }: NotificationWords,
  language: Language,
): Promise<void> {
  try {
    await registration.showNotification(title, {
      tag,
      body,
      lang: language,
      silent: true,
      icon: '/app/icons/icon-192.png',
    });
  } catch {
    // The permission was taken away; the pages say so when they are opened.
  }
}

async function close({ registration }: WorkerScope, tag: string): Promise<void> {
  for (const notification of await registration.getNotifications({ tag })) notification.close();
}
