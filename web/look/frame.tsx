// The page around the page: skip link, header with brand and switches, navigation, main.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import icon from './icon.svg';
import { LanguageSwitch, useLookText } from './locale.tsx';
import { ThemeSwitch } from './theme.tsx';

export type NavigationGroup = { title?: string; links: { href: string; label: string; current: boolean }[] };

type FrameProps = {
  /** The console's name beside the product's. */
  name: string;
  home: string;
  navigation?: NavigationGroup[];
  /** Who is signed in, and the way out. */
  tools?: ComponentChildren;
  children: ComponentChildren;
};

export function Frame({ name, home, navigation, tools, children }: FrameProps) {
  const text = useLookText();
  const [open, setOpen] = useState(false);
  const current = navigation?.flatMap(group => group.links).find(link => link.current)?.href;
  // The menu of a narrow page closes when the page changes.
  useEffect(() => setOpen(false), [current]);
  return (
    <>
      <a class="skip-link" href="#main">
        {text.skip}
      </a>
      <header class="frame-header">
        {navigation && (
          <button
            type="button"
            class="button compact menu-button"
            aria-expanded={open}
            aria-controls="navigation"
            onClick={() => setOpen(!open)}
          >
            {text.menu}
          </button>
        )}
        <a class="brand" href={home}>
          <img src={icon} alt="" />
          <span>
            Mailbadge <small>{name}</small>
          </span>
        </a>
        <div class="frame-tools">
          {tools}
          <ThemeSwitch />
          <LanguageSwitch />
        </div>
      </header>
      <div class={navigation ? 'frame-body' : 'frame-body without-navigation'}>
        {navigation && (
          <nav id="navigation" class={open ? 'navigation open' : 'navigation'} aria-label={text.navigation}>
            {navigation.map(group => (
              <div key={group.title ?? ''}>
                {group.title !== undefined && <h2>{group.title}</h2>}
                <ul>
                  {group.links.map(link => (
                    <li key={link.href}>
                      <a href={link.href} aria-current={link.current ? 'page' : undefined}>
                        {link.label}
                      </a>
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </nav>
        )}
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
    </>
  );
}

type PageTitleProps = {
  title: string;
  lead?: ComponentChildren;
  children?: ComponentChildren;
  actions?: ComponentChildren;
};

let firstPage = true;

/** The page's heading. After a navigation it takes the focus, so that a screen reader tells where one is. */
export function PageTitle({ title, lead, children, actions }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // With the heading itself: nobody is told of a page by the name of another, or without the focus.
  useLayoutEffect(() => {
    document.title = `${title} · Mailbadge`;
  }, [title]);
  useLayoutEffect(() => {
    if (!firstPage) heading.current?.focus({ preventScroll: true });
    firstPage = false;
  }, []);
  return (
    <>
      <div class="page-title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
        {actions !== undefined && <div class="actions">{actions}</div>}
      </div>
      {lead !== undefined && <p class="page-lead">{lead}</p>}
    </>
  );
}
