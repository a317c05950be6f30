import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import { notifyError } from '@/ui';

/** Key of the suspension of everything. */
export const WORKSPACE = '*';

export type Suspension = Shape<gen.Suspension, { at: string }>;

export const suspensionsQuery = queryOptions({
  queryKey: ['suspensions'],
  queryFn: ({ signal }) => api.get<Page<Suspension>>('/suspensions', undefined, signal),
  refetchInterval: 15_000,
});

const address = (key: string) => `/suspensions/${encodeURIComponent(key)}`;

/** What is held, and the two acts that change it. */
export function useSuspensions(enabled: boolean) {
  const client = useQueryClient();
  const query = useQuery({ ...suspensionsQuery, enabled });
  const onSettled = () => {
    client.invalidateQueries({ queryKey: ['suspensions'] });
    client.invalidateQueries({ queryKey: ['runs'] });
    client.invalidateQueries({ queryKey: ['run'] });
  };
  const hold = useMutation({
    mutationFn: ({ key, reason }: { key: string; reason: string }) => api.put(address(key), { reason }),
    onSettled,
    onError: notifyError,
  });
  const release = useMutation({
    mutationFn: (key: string) => api.delete(address(key)),
    onSettled,
    onError: notifyError,
  });
  return { all: query.data?.items ?? [], hold, release };
}
