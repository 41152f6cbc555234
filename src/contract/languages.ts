/** The languages that Mailbadge speaks to people, as BCP 47 tags. */
export const languages = ['en', 'zh-Hans', 'zh-Hant'] as const;
export type Language = (typeof languages)[number];
