import { queryOptions } from '@tanstack/react-query';
import { api } from '../client';

export type TaskCounts = { mine: number; group: number; today: number; overdue: number; delegated: number };

export const taskCountsQuery = queryOptions({
  queryKey: ['tasks', 'counts'],
  queryFn: ({ signal }) => api.get<TaskCounts>('/tasks/counts', undefined, signal),
});
