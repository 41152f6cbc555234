// How a visible notification tells the count, where the platform shows it without asking the app.

import type { Language } from '../../contract/languages.ts';

const words: Record<Language, (unseen: number) => string> = {
  en: unseen =>
    unseen === 0 ? 'No unseen messages' : unseen === 1 ? '1 unseen message' : `${unseen} unseen messages`,
  'zh-Hans': unseen => (unseen === 0 ? '没有未读邮件' : `${unseen} 封未读邮件`),
  'zh-Hant': unseen => (unseen === 0 ? '沒有未讀郵件' : `${unseen} 封未讀郵件`),
};

export function unseenWords(unseen: number, language: Language): string {
  return words[language](unseen);
}
