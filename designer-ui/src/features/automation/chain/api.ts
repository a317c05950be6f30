import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';

export type ChainLink = gen.ChainLink;

export type Chain = gen.ChainView;

/** What led to an entry of a story, or to a run: `path` is its address. */
export const chainQuery = (path: string) =>
  queryOptions({
    queryKey: ['chain', path],
    queryFn: ({ signal }) => api.get<Chain>(`${path}/chain`, undefined, signal),
  });
