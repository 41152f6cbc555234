// The language of the page: the person's choice if one was made, else the best of navigator.languages.

import { type ComponentChildren, createContext } from 'preact';
import { useContext, useLayoutEffect, useState } from 'preact/hooks';
import { type Locale, localeOf } from '../../src/contract/messages/error-message.ts';
import { type LookMessages, lookMessages } from './look-messages.ts';
import { recall, remember } from './memory.ts';

export type { Locale };

export const locales: readonly { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'zh-Hans', name: '简体中文' },
  { locale: 'zh-Hant', name: '繁體中文' },
];

const LocaleContext = createContext<{ locale: Locale; choose(locale: Locale): void }>({
  locale: 'en',
  choose() {},
});

export function LocaleProvider({ children }: { children: ComponentChildren }) {
  const [locale, setLocale] = useState(firstLocale);
  useLayoutEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const choose = (chosen: Locale) => {
    remember('language', chosen);
    setLocale(chosen);
  };
  return <LocaleContext.Provider value={{ locale, choose }}>{children}</LocaleContext.Provider>;
}

export function useLocale(): Locale {
  return useContext(LocaleContext).locale;
}

export function useLookText(): LookMessages {
  return lookMessages[useLocale()];
}

export function LanguageSwitch() {
  const { locale, choose } = useContext(LocaleContext);
  const text = useLookText();
  return (
    <label class="switch">
      <span class="visually-hidden">{text.language}</span>
      <select
        value={locale}
        onChange={event => {
          const chosen = locales.find(entry => entry.locale === event.currentTarget.value);
          if (chosen !== undefined) choose(chosen.locale);
        }}
      >
        {locales.map(entry => (
          <option key={entry.locale} value={entry.locale} lang={entry.locale}>
            {entry.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function firstLocale(): Locale {
  const kept = locales.find(entry => entry.locale === recall('language'));
  return kept?.locale ?? localeOf(navigator.languages.join(','));
}
