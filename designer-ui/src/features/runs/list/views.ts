import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

/** A name for what a page keeps in its address. */
export type SavedView<Search> = Shape<gen.SavedView, { search: Search }>;

export type ViewWish<Search> = { name: string; search: Search; shared: boolean };

/** One's own views of a page and the shared ones. */
export const viewsQuery = <Search>(page: string) =>
  queryOptions({
    queryKey: ['views', page],
    queryFn: ({ signal }) => api.get<Page<SavedView<Search>>>('/views', { page }, signal),
    staleTime: 60_000,
  });

/** Filters in an order of their own, so that two ways to the same view are the same. */
export const textOf = (search: object): string =>
  JSON.stringify(
    Object.entries(search)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
