// Which page is shown, and when the proxy is asked again: at the start, when the person comes back to the app, when the
// network does, and when a push came.

import type { ComponentChild } from 'preact';
import { useEffect } from 'preact/hooks';
import { PageTitle } from '../look/frame.tsx';
import { useLocale } from '../look/locale.tsx';
import { to, usePlace } from '../look/router.ts';
import { useApp } from './app-context.ts';
import { DevicesPage } from './pages/devices.tsx';
import { HomePage } from './pages/home.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { AppFrame } from './parts/app-frame.tsx';
import { useText } from './text.ts';
import { listenToWorker } from './worker-messages.ts';

const pages: Record<string, () => ComponentChild> = {
  '/': () => <HomePage />,
  '/devices': () => <DevicesPage />,
  '/settings': () => <SettingsPage />,
  '/sign-in': () => <SignInPage />,
};

export function WebApp() {
  const { model, view, browser } = useApp();
  const { path } = usePlace();
  const locale = useLocale();
  useEffect(() => {
    const stop = listenToWorker(browser.workers, message => model.heard(message));
    const again = () => {
      if (document.visibilityState === 'visible') void model.refreshAnew();
    };
    document.addEventListener('visibilitychange', again);
    window.addEventListener('online', again);
    void model.start();
    return () => {
      stop();
      document.removeEventListener('visibilitychange', again);
      window.removeEventListener('online', again);
    };
  }, [model, browser]);
  useEffect(() => {
    void model.languageChanged(locale);
  }, [model, locale]);
  const signedIn = view.session === 'signed-in';
  return (
    <AppFrame path={signedIn ? path : undefined}>
      {signedIn ? (pages[path]?.() ?? <NotFound />) : <SignInPage />}
    </AppFrame>
  );
}

function NotFound() {
  const text = useText().notFound;
  return (
    <>
      <PageTitle title={text.title} lead={text.text} />
      <p>
        <a href={to('/')}>{text.home}</a>
      </p>
    </>
  );
}
