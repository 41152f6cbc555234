// How a page gets at what is known and what can be done.

import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { AppModel } from './app-model.ts';
import type { AppView } from './app-view.ts';
import type { Browser } from './browser.ts';
import type { Platform } from './platform.ts';

type App = {
  model: AppModel;
  platform: Platform;
  browser: Browser;
  /** What stands under the app's icon. */
  name: string;
};

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App & { view: AppView } {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('this page stands outside the app');
  const [view, setView] = useState(app.model.view);
  useEffect(() => {
    const update = () => setView(app.model.view);
    update(); // what changed before this ran
    return app.model.onChange(update);
  }, [app]);
  return { ...app, view };
}
