import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { nest } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';
import { type Result, resultOf, type Scenario } from './scenario';

/** Plays scenarios with the document as it is on the screen, saved or not; nothing is sent or changed. */
export async function rehearse(
  document: ProcessDocument,
  scenarios: readonly Scenario[],
  signal?: AbortSignal,
): Promise<Result[]> {
  const { results } = await api.post<gen.RehearsalReport>(
    `/definitions/${encodeURIComponent(document.key)}/rehearsals`,
    { process: nest(document), scenarios },
    signal ? { signal } : {},
  );
  return (results ?? []).map(resultOf);
}

/** Real records to choose from. */
export const recordsQuery = (search: string) =>
  queryOptions({
    queryKey: ['rehearsal-records', search],
    queryFn: ({ signal }) =>
      api.get<Page<{ id: string; title: string }>>('/deals', { q: search || undefined, limit: 20 }, signal),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });
