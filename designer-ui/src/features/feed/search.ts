/** The post that the feed opens with. Parsed eagerly by the router, so keep it free of imports. */
export type FeedSearch = { open?: string };

export const parseFeedSearch = (search: Record<string, unknown>): FeedSearch =>
  typeof search.open === 'string' && search.open ? { open: search.open } : {};
