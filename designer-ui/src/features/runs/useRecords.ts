import { type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import type { RunRecord } from './queries';

/** Records that a page begins with, the newest ones; more of a live run pushes the oldest out. */
const WINDOW = 2000;
const PAGE = 500;
/** How long a record that was announced may be on its way before it is asked for. */
const PATIENCE_MS = 600;

const keyOf = (id: string, language: string) => ['run', id, 'records', language];

/** Puts contiguous records behind those that are known; undefined when some between are missing. */
export function joined(
  known: readonly RunRecord[],
  more: readonly RunRecord[],
): readonly RunRecord[] | undefined {
  const last = known.at(-1)?.seq ?? 0;
  const fresh = more.filter(({ seq }) => seq > last);
  const [first] = fresh;
  if (!first) return known;
  if (known.length > 0 && first.seq !== last + 1) return undefined;
  const all = [...known, ...fresh];
  return all.length > 2 * WINDOW ? all.slice(-WINDOW) : all;
}

const read = async (id: string, from: number, limit: number, signal?: AbortSignal): Promise<RunRecord[]> =>
  (await api.get<Page<RunRecord>>(`/runs/${id}/records`, { from, limit }, signal)).items;

/** The newest records. They never change: only what came since is asked for, and it shows as it comes. */
const recordsQuery = (client: QueryClient, id: string, language: string, seq: number) =>
  queryOptions({
    // The number only says where the first question begins.
    queryKey: keyOf(id, language),
    queryFn: async ({ signal, queryKey }) => {
      let known = client.getQueryData<readonly RunRecord[]>(queryKey) ?? [];
      for (;;) {
        const from = (known.at(-1)?.seq ?? Math.max(0, seq - WINDOW)) + 1;
        const items = await read(id, from, PAGE, signal);
        // Some may have been told meanwhile.
        const now = client.getQueryData<readonly RunRecord[]>(queryKey) ?? known;
        known = joined(now, items) ?? now;
        if (items.length < PAGE) return known;
        client.setQueryData(queryKey, known);
      }
    },
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Adds records that the stream has told; those that do not fit are asked for by their number. */
export function tellRecords(client: QueryClient, id: string, language: string, items: readonly RunRecord[]) {
  client.setQueryData<readonly RunRecord[]>(keyOf(id, language), (old) => old && (joined(old, items) ?? old));
}

/** The history of a run in the reader's language, oldest first, up to its record `seq`. */
export function useRecords(id: string, seq: number) {
  const { i18n } = useTranslation();
  const language = i18n.resolvedLanguage ?? 'en';
  const client = useQueryClient();
  const query = useQuery(recordsQuery(client, id, language, seq));
  const { data, isFetching, refetch } = query;
  const last = data?.at(-1)?.seq ?? 0;
  const behind = data !== undefined && seq > last;
  useEffect(() => {
    if (!behind || isFetching) return;
    const timer = setTimeout(() => void refetch(), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [behind, isFetching, refetch]);

  const first = data?.[0]?.seq ?? 1;
  const [reading, setReading] = useState(false);
  const older = useCallback(async () => {
    setReading(true);
    try {
      const from = Math.max(1, first - PAGE);
      const items = await read(id, from, first - from);
      client.setQueryData<readonly RunRecord[]>(keyOf(id, language), (now = []) => [
        ...items.filter((record) => record.seq < (now[0]?.seq ?? Number.POSITIVE_INFINITY)),
        ...now,
      ]);
    } finally {
      setReading(false);
    }
  }, [client, id, language, first]);
  return useMemo(
    () => ({ query, records: data ?? [], older: first > 1 ? older : undefined, reading }),
    [query, data, first, older, reading],
  );
}
