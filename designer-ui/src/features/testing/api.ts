import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { nest } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';
import { recordingOf } from './recorded';
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
export const recordsQuery = (type: string, search: string) =>
  queryOptions({
    queryKey: ['rehearsal-records', type, search],
    queryFn: ({ signal }) =>
      api.get<Page<{ id: string; title: string }>>(
        `/records/${encodeURIComponent(type)}`,
        { q: search || undefined, limit: 20 },
        signal,
      ),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });

/** Instances of a process whose results can be played again. */
export const runsQuery = (key: string, search: string) =>
  queryOptions({
    queryKey: ['rehearsal-runs', key, search],
    queryFn: ({ signal }) =>
      api.get<Page<gen.RunSummary>>('/runs', { definition: key, q: search || undefined, limit: 20 }, signal),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });

/** What robots and people brought in a run, or the last time of all; with the versions that the runs followed. */
export const recordingQuery = (key: string, run: string | undefined, title: string) =>
  queryOptions({
    queryKey: ['rehearsal-recording', key, run ?? 'last', title],
    queryFn: async ({ signal }) => {
      const path = `/definitions/${encodeURIComponent(key)}`;
      const { items } = await api.get<Page<gen.RunAnswer>>(
        run === undefined ? `${path}/answers` : `/runs/${encodeURIComponent(run)}/answers`,
        undefined,
        signal,
      );
      const numbers = [...new Set(items.map(({ version }) => version))];
      const versions = await Promise.all(
        numbers.map(async (number) => {
          const { process } = await api.get<{ process: ProcessDocument }>(
            `${path}/versions/${number}`,
            undefined,
            signal,
          );
          return [number, process] as const;
        }),
      );
      return recordingOf(title, items, new Map(versions));
    },
  });
