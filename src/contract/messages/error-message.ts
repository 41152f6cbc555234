// The words for an error code in the language that a person asked for.

import type { ErrorCode } from '../error-codes.ts';
import type { Language } from '../languages.ts';
import { type ErrorMessage, englishErrors } from './en.ts';
import { simplifiedChineseErrors } from './zh-hans.ts';
import { traditionalChineseErrors } from './zh-hant.ts';

export type Locale = Language;

const catalogues: Record<Locale, Partial<Record<ErrorCode, ErrorMessage>>> = {
  en: englishErrors,
  'zh-Hans': simplifiedChineseErrors,
  'zh-Hant': traditionalChineseErrors,
};

export function errorMessage(code: ErrorCode, locale: Locale): ErrorMessage {
  return catalogues[locale][code] ?? englishErrors[code];
}

/** The best of our languages for an Accept-Language header (RFC 9110 §12.5.4), English when none fits. */
export function localeOf(acceptLanguage: string | null | undefined): Locale {
  const wanted = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map(part => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters
        .map(parameter => /^\s*q=([01](?:\.\d{1,3})?)\s*$/.exec(parameter)?.[1])
        .find(found => found !== undefined);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of wanted) {
    if (/^zh-(hant|tw|hk|mo)\b/.test(tag)) return 'zh-Hant';
    if (/^zh\b/.test(tag)) return 'zh-Hans';
    if (/^en\b/.test(tag)) return 'en';
  }
  return 'en';
}
