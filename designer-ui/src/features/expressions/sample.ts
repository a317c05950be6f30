import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api, type Page } from '@/api/client';
import { useMay } from '@/features/identity/useSession';
import { isStaged } from '@/lib/records';
import { storage } from '@/lib/storage';
import { useSampleType } from './inline';

export type Sample = { recordType: string; recordId: string };

const listeners = new Set<() => void>();
/** Deals were the only ones once: what was chosen then stays chosen. */
const address = (definitionKey: string, type: string): string =>
  type === 'deal' ? `sample.${definitionKey}` : `sample.${definitionKey}.${type}`;
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Chooses the record that the expressions of a process are tried on; kept in this browser. */
export function chooseSample(definitionKey: string, type: string, recordId: string): void {
  storage.set(address(definitionKey, type), recordId);
  for (const listener of listeners) listener();
}

export type SampleRecord = { id: string; title: string };

/** Records of a type to choose from: the newest, or those that fit a search. */
export const recordsQuery = (type: string, search: string) =>
  queryOptions({
    queryKey: ['expression-sample', type, search],
    queryFn: ({ signal }) =>
      api.get<Page<SampleRecord>>(
        `/records/${encodeURIComponent(type)}`,
        { limit: 20, ...(search ? { q: search } : {}) },
        signal,
      ),
    // Contacts and companies are no subjects of expressions: they have no page of records.
    enabled: isStaged(type),
    retry: false,
    staleTime: 60_000,
  });

export const recordQuery = (type: string, id: string | undefined) =>
  queryOptions({
    queryKey: ['expression-sample', type, 'one', id],
    queryFn: ({ signal }) =>
      api.get<SampleRecord>(
        `/records/${encodeURIComponent(type)}/${encodeURIComponent(id ?? '')}`,
        undefined,
        signal,
      ),
    enabled: id !== undefined && isStaged(type),
    retry: false,
    staleTime: 60_000,
  });

/**
 * The record that expressions are tried on: the chosen one, else any of its type that this person may see. None for who
 * only reads: the server tries nothing for them.
 */
export function useSample(definitionKey: string | undefined): Sample | undefined {
  const recordType = useSampleType();
  const may = useMay('definitions.edit');
  const chosen = useSyncExternalStore(subscribe, () =>
    definitionKey ? storage.get(address(definitionKey, recordType)) : null,
  );
  const newest = useQuery({
    ...recordsQuery(recordType, ''),
    enabled: may && definitionKey !== undefined && chosen === null && isStaged(recordType),
  });
  const recordId = chosen ?? newest.data?.items[0]?.id;
  return may && recordId ? { recordType, recordId } : undefined;
}
