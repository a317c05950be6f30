import { queryOptions } from '@tanstack/react-query';
import { api } from '../client';
import type { Directory } from '../types';

/** Everybody and every group and department, for pickers and for showing names. */
export const directoryQuery = queryOptions({
  queryKey: ['directory'],
  queryFn: ({ signal }) => api.get<Directory>('/directory', undefined, signal),
  staleTime: 60_000,
});
