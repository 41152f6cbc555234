// The worker's words: what a notification says.

import type { Preview } from '../../../src/contract/badge-payload.ts';
import type { Language } from '../../../src/contract/languages.ts';
import type { NotificationWords } from './worker-scope.ts';

type Words = { unseen(count: number): string; setUp: NotificationWords };

const words: Record<Language, Words> = {
  en: {
    unseen: count =>
      count === 0 ? 'No unseen messages' : count === 1 ? '1 unseen message' : `${count} unseen messages`,
    setUp: { title: 'The badge is being set up', body: 'It shows your unseen messages from now on.' },
  },
  'zh-Hans': {
    unseen: count => (count === 0 ? '没有未读邮件' : `${count} 封未读邮件`),
    setUp: { title: '正在设置角标', body: '从现在起，它会显示您的未读邮件数。' },
  },
  'zh-Hant': {
    unseen: count => (count === 0 ? '沒有未讀郵件' : `${count} 封未讀郵件`),
    setUp: { title: '正在設定徽章', body: '從現在起，它會顯示您的未讀郵件數。' },
  },
};

/** More does not fit into any notification. */
const longestLine = 200;

/** Sender and subject are text and stay text: a notification knows no markup. */
export function badgeWords(
  badge: number,
  { preview, language }: { preview: Preview | undefined; language: Language },
): NotificationWords {
  const unseen = words[language].unseen(badge);
  if (preview === undefined || badge === 0) return { title: unseen, body: '' };
  const from = preview.from.trim().slice(0, longestLine);
  const subject = preview.subject.trim().slice(0, longestLine);
  const [title = unseen, ...rest] = [from, subject, unseen].filter(line => line !== '');
  return { title, body: rest.join('\n') };
}

export function setUpWords(language: Language): NotificationWords {
  return words[language].setUp;
}
