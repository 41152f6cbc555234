// The address bar as state. Links are plain <a href>: a click on one below the console's base changes the page
// without loading it again, everything else (other sites, new tabs) is left to the browser.

import { useEffect, useState } from 'preact/hooks';

const moved = new EventTarget();
const base = import.meta.env.BASE_URL.replace(/\/$/, '');

export type Place = { path: string; query: URLSearchParams };

/** An address of this console, from a path within it. */
export function to(path: string): string {
  return base + path;
}

export function navigate(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', to(path));
  else history.pushState(null, '', to(path));
  moved.dispatchEvent(new Event('move'));
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = () => setPlace(here());
    moved.addEventListener('move', update);
    window.addEventListener('popstate', update);
    return () => {
      moved.removeEventListener('move', update);
      window.removeEventListener('popstate', update);
    };
  }, []);
  return place;
}

function here(): Place {
  const path = location.pathname.slice(base.length).replace(/\/+$/, '');
  return { path: path === '' ? '/' : path, query: new URLSearchParams(location.search) };
}

export function followLinks(): void {
  document.addEventListener('click', event => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    if (link.hash !== '' || link.origin !== location.origin || !link.pathname.startsWith(`${base}/`)) return;
    event.preventDefault();
    navigate(link.pathname.slice(base.length) + link.search);
    window.scrollTo({ top: 0 });
  });
}

/** The parameters of `/organizations/:id` in a path, or undefined when it is another. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith(':')) parameters[part.slice(1)] = decode(text);
    else if (part !== text) return undefined;
  }
  return parameters;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % typed by hand
  }
}
