// Chromium offers to install the app once, by an event, often before any page is drawn; kept until a button uses it.

import { useEffect, useState } from 'preact/hooks';

type InstallPrompt = Event & { prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }> };

let offered: InstallPrompt | undefined;
const changed = new EventTarget();

export function keepInstallPrompt(page: Window): void {
  page.addEventListener('beforeinstallprompt', event => {
    event.preventDefault(); // the browser's own banner would come at a time of its own
    offered = event as InstallPrompt;
    changed.dispatchEvent(new Event('change'));
  });
  page.addEventListener('appinstalled', forget);
}

function forget(): void {
  offered = undefined;
  changed.dispatchEvent(new Event('change'));
}

/** Asks the person; undefined where the browser does not offer it now. */
export function useInstallPrompt(): (() => Promise<void>) | undefined {
  const [prompt, setPrompt] = useState(offered);
  useEffect(() => {
    const update = () => setPrompt(offered);
    update();
    changed.addEventListener('change', update);
    return () => changed.removeEventListener('change', update);
  }, []);
  return (
    prompt &&
    (async () => {
      await prompt.prompt();
      forget(); // good for one question
    })
  );
}
