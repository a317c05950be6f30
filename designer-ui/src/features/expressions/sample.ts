import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api, type Page } from '@/api/client';
import { storage } from '@/lib/storage';

export type Sample = { recordType: string; recordId: string };

const listeners = new Set<() => void>();
const address = (definitionKey: string): string => `sample.${definitionKey}`;
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Chooses the record that the expressions of a process are tried on; kept in this browser. */
export function chooseSample(definitionKey: string, recordId: string): void {
  storage.set(address(definitionKey), recordId);
  for (const listener of listeners) listener();
}

export type SampleDeal = { id: string; title: string };

/** Deals to choose from: the newest, or those that fit a search. */
export const dealsQuery = (search: string) =>
  queryOptions({
    queryKey: ['expression-sample', 'deals', search],
    queryFn: ({ signal }) =>
      api.get<Page<SampleDeal>>('/records/deal', { limit: 20, ...(search ? { q: search } : {}) }, signal),
    retry: false,
    staleTime: 60_000,
  });

export const dealQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ['expression-sample', 'deal', id],
    queryFn: ({ signal }) =>
      api.get<SampleDeal>(`/records/deal/${encodeURIComponent(id ?? '')}`, undefined, signal),
    enabled: id !== undefined,
    retry: false,
    staleTime: 60_000,
  });

/** The record that expressions are tried on: the chosen one, else any deal that this person may see. */
export function useSample(definitionKey: string | undefined): Sample | undefined {
  const chosen = useSyncExternalStore(subscribe, () =>
    definitionKey ? storage.get(address(definitionKey)) : null,
  );
  const newest = useQuery({ ...dealsQuery(''), enabled: definitionKey !== undefined && chosen === null });
  const recordId = chosen ?? newest.data?.items[0]?.id;
  return recordId ? { recordType: 'deal', recordId } : undefined;
}
