// The proxy console's words in the person's language.

import { type Locale, useLocale } from '../../look/locale.tsx';
import { english, type ProxyMessages } from './messages/en.ts';
import { simplifiedChinese } from './messages/zh-hans.ts';
import { traditionalChinese } from './messages/zh-hant.ts';

const catalogues: Record<Locale, ProxyMessages> = {
  en: english,
  'zh-Hans': simplifiedChinese,
  'zh-Hant': traditionalChinese,
};

export function useText(): ProxyMessages {
  return catalogues[useLocale()];
}
