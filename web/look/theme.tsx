// Light or dark: as the system says, until the person chooses.

import { useEffect, useState } from 'preact/hooks';
import { useLookText } from './locale.tsx';
import { forget, recall, remember } from './memory.ts';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const changed = new EventTarget();

/** Before the first page is drawn. */
export function applyRememberedTheme(): void {
  show(themes.find(theme => theme === recall('theme')) ?? 'system');
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  for (const bar of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const { scheme } = bar.dataset;
    const chosen = theme === scheme ? 'all' : 'not all';
    bar.media = theme === 'system' ? `(prefers-color-scheme: ${scheme})` : chosen;
  }
  changed.dispatchEvent(new Event('change'));
}

export function ThemeSwitch() {
  const text = useLookText();
  const [theme, setTheme] = useState(document.documentElement.dataset['theme'] ?? 'system');
  return (
    <label class="switch">
      <span class="visually-hidden">{text.theme}</span>
      <select
        value={theme}
        onChange={event => {
          const chosen = themes.find(name => name === event.currentTarget.value) ?? 'system';
          if (chosen === 'system') forget('theme');
          else remember('theme', chosen);
          setTheme(chosen);
          show(chosen);
        }}
      >
        {themes.map(name => (
          <option key={name} value={name}>
            {text.themes[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Counts the changes of scheme, for what is drawn in colours of its own (a canvas). */
export function useSchemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const count = () => setChanges(value => value + 1);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', count);
    changed.addEventListener('change', count);
    return () => {
      system.removeEventListener('change', count);
      changed.removeEventListener('change', count);
    };
  }, []);
  return changes;
}
