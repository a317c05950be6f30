import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';

/** The secrets that steps may name, without their values. */
export const secretsQuery = queryOptions({
  queryKey: ['secrets'],
  queryFn: ({ signal }) => api.get<Page<{ id: string; name: string }>>('/secrets', undefined, signal),
  staleTime: 60_000,
});
