/** Lists are read a page at a time, in the order of ids: `after` is the last id of the page before. */
export type Page = { search?: string | undefined; after?: string | undefined };

export const pageSize = 100;
