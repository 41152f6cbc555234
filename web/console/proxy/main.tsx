// The proxy's console: the entry that index.html loads.

import '../../look/look.css';
import { render } from 'preact';
import { LocaleProvider } from '../../look/locale.tsx';
import { followLinks } from '../../look/router.ts';
import { applyRememberedTheme } from '../../look/theme.tsx';
import { Toasts } from '../../look/toasts.tsx';
import { ProxyConsole } from './proxy-console.tsx';

applyRememberedTheme();
followLinks();
const page = document.getElementById('page');
if (page !== null) {
  render(
    <LocaleProvider>
      <ProxyConsole />
      <Toasts />
    </LocaleProvider>,
    page,
  );
}
