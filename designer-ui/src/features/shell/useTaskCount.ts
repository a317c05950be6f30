import { useQuery } from '@tanstack/react-query';
import { taskCountsQuery } from '@/api/queries/tasks';

/** How many tasks wait for the person, their own and their groups'. */
export function useTaskCount(enabled: boolean): number {
  const { data } = useQuery({ ...taskCountsQuery, enabled });
  return (data?.mine ?? 0) + (data?.group ?? 0);
}
