// How badges are shown in this browser. A platform that forbids silent pushes takes the subscription away (Firefox
// after 16 of them, Safari after three), so only a browser that is known to let them pass gets any.

import type { PayloadForm, Presentation } from '../contract/push-targets.ts';

export type BrowserFacts = {
  /** `window.pushManager`: the browser shows Declarative Web Push by itself. Safari from 18.4. */
  declarativePush: boolean;
  /** `navigator.setAppBadge` */
  appBadge: boolean;
  /** `navigator.userAgentData`: this and the browsers built on it tolerate silent pushes. */
  chromium: boolean;
  /** There launchers show notifications and no number, whatever `setAppBadge` says. */
  android: boolean;
  /** The app was seen running on its own, not in a tab: without that there is no icon to put a number on. */
  installed: boolean;
};

export type PresentationChoice = {
  presentation: Presentation;
  form: PayloadForm;
  /** Every push must leave a visible notification, one that says 0 and the challenge too. */
  mustShow: boolean;
};

export function choosePresentation({
  declarativePush,
  appBadge,
  chromium,
  android,
  installed,
}: BrowserFacts): PresentationChoice {
  const silent = chromium && appBadge && installed && !android && !declarativePush;
  return {
    presentation: silent ? 'badge' : 'notification',
    form: declarativePush ? 'declarative' : 'worker',
    mustShow: declarativePush || !chromium,
  };
}
