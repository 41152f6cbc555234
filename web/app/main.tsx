// The device web app: the entry that index.html loads. The first page is drawn from what this device remembers; nothing
// waits for an answer of the proxy or for the service worker.

import '../look/look.css';
import './app.css';
import { render } from 'preact';
import { createDeviceClient } from '../../src/device/device-client.ts';
import { LocaleProvider } from '../look/locale.tsx';
import { forget, onChangedElsewhere, recall, remember } from '../look/memory.ts';
import { followLinks } from '../look/router.ts';
import { applyRememberedTheme } from '../look/theme.tsx';
import { Toasts } from '../look/toasts.tsx';
import { AppContext } from './app-context.ts';
import { AppModel } from './app-model.ts';
import { createBadgeSwitch } from './badge-switch.ts';
import { readBrowser } from './browser.ts';
import { keepInstallPrompt } from './install-prompt.ts';
import { platformOf } from './platform.ts';
import { openStateStore } from './state.ts';
import { WebApp } from './web-app.tsx';

applyRememberedTheme();
followLinks();
keepInstallPrompt(window);

const client = createDeviceClient({ proxyUrl: location.origin, session: 'cookie' });
const store = openStateStore();
const browser = readBrowser(window, { workerUrl: `${import.meta.env.BASE_URL}service-worker.js` });
const startAnew = () => location.replace(import.meta.env.BASE_URL);
const model = new AppModel({
  client,
  store,
  badgeSwitch: createBadgeSwitch({ client, store, browser }),
  tellWorker: message => browser.tellWorker(message),
  remembered: {
    read: () => recall('mailbox') ?? undefined,
    write: mailbox => (mailbox === undefined ? forget('mailbox') : remember('mailbox', mailbox)),
  },
  startAnew,
  now: Date.now,
  later: (ms, act) => {
    const timer = setTimeout(act, ms);
    return { cancel: () => clearTimeout(timer) };
  },
});

const name =
  document.querySelector<HTMLMetaElement>('meta[name="apple-mobile-web-app-title"]')?.content ?? '';
const page = document.getElementById('page');
if (page !== null) {
  render(
    <LocaleProvider>
      <AppContext.Provider value={{ model, browser, platform: platformOf(navigator), name }}>
        <WebApp />
      </AppContext.Provider>
      <Toasts />
    </LocaleProvider>,
    page,
  );
}
// Somebody signed in or out in another window: this one is theirs, too.
onChangedElsewhere('mailbox', mailbox => {
  if (mailbox !== (model.view.mailbox ?? null)) startAnew();
});
