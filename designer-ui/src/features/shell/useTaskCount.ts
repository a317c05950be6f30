import { useQuery } from '@tanstack/react-query';
import { taskCountsQuery } from '@/api/queries/tasks';

/**
 * How many tasks wait for the person at least. A task for them and their group is in both numbers, so these cannot be
 * added.
 */
export function useTaskCount(enabled: boolean): number {
  const { data } = useQuery({ ...taskCountsQuery, enabled });
  return Math.max(data?.mine ?? 0, data?.group ?? 0);
}
