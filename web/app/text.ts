// The app's words in the person's language.

import { type Locale, useLocale } from '../look/locale.tsx';
import { type AppMessages, english } from './messages/en.ts';
import { simplifiedChinese } from './messages/zh-hans.ts';
import { traditionalChinese } from './messages/zh-hant.ts';

const catalogues: Record<Locale, AppMessages> = {
  en: english,
  'zh-Hans': simplifiedChinese,
  'zh-Hant': traditionalChinese,
};

export function useText(): AppMessages {
  return catalogues[useLocale()];
}
