// The page around the page: the organization's name for the app, who is signed in, and the way to the three pages, at
// the thumb's end of a phone and at the top of anything wider.

import type { ComponentChildren } from 'preact';
import { useLookText } from '../../look/locale.tsx';
import { to } from '../../look/router.ts';
import { useApp } from '../app-context.ts';
import icon from '../icon.svg';
import { useText } from '../text.ts';
import { Glyph } from './glyph.tsx';

const links = [
  ['/', 'inbox'],
  ['/devices', 'devices'],
  ['/settings', 'settings'],
] as const;

/** `path`: undefined while nobody is signed in. */
export function AppFrame({ path, children }: { path: string | undefined; children: ComponentChildren }) {
  const { view, name } = useApp();
  const look = useLookText();
  const text = useText();
  return (
    <div class={path === undefined ? 'app' : 'app with-navigation'}>
      <a class="skip-link" href="#main">
        {look.skip}
      </a>
      <header class="frame-header">
        <a class="brand" href={to('/')}>
          <img src={icon} alt="" width="28" height="28" />
          <span>{name}</span>
        </a>
        {path !== undefined && (
          <span class="who">
            <bdi>{view.mailbox}</bdi>
          </span>
        )}
      </header>
      {path !== undefined && (
        <nav class="app-navigation" aria-label={look.navigation}>
          <ul>
            {links.map(([href, glyph]) => (
              <li key={href}>
                <a href={to(href)} aria-current={path === href ? 'page' : undefined}>
                  <Glyph name={glyph} />
                  <span>{text.navigation[glyph]}</span>
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
