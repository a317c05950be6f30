import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { RunsSearch } from '../search';

export type SavedView = Shape<gen.SavedView, { search: RunsSearch }>;

export type ViewWish = { name: string; search: RunsSearch; shared: boolean };

export const viewsQuery = queryOptions({
  queryKey: ['views', 'runs'],
  queryFn: ({ signal }) => api.get<Page<SavedView>>('/views', { page: 'runs' }, signal),
  staleTime: 60_000,
});

/** Filters in an order of their own, so that two ways to the same view are the same. */
export const textOf = (search: RunsSearch): string =>
  JSON.stringify(
    Object.entries(search)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
