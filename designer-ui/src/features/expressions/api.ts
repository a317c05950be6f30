import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';

export type ExpressionFinding = gen.ExpressionFinding;

export type CompletionItem = gen.ExprCompletion;

type Place = { source: string; template: boolean; definitionKey?: string; node?: string };

/** What is wrong with an expression; nothing when the server cannot be asked, since typing must go on. */
export async function checkExpression(place: Place): Promise<ExpressionFinding[]> {
  try {
    return (await api.post<gen.Checked>('/expressions/check', place)).findings ?? [];
  } catch {
    return [];
  }
}

/** What can stand at an offset. */
export async function completeExpression(place: Place & { offset: number }): Promise<CompletionItem[]> {
  try {
    return (await api.post<gen.Completions>('/expressions/complete', place)).items ?? [];
  } catch {
    return [];
  }
}

export type Sample = { recordType: string; recordId: string };

/** A record that expressions are tried on: any deal that this person may see. */
export const sampleQuery = queryOptions({
  queryKey: ['expression-sample'],
  queryFn: async ({ signal }): Promise<Sample | null> => {
    const { items } = await api.get<Page<{ id: string }>>('/deals', { limit: 1 }, signal);
    const [first] = items;
    return first ? { recordType: 'deal', recordId: first.id } : null;
  },
  retry: false,
  staleTime: 300_000,
});

export const previewExpression = (place: Place & Partial<Sample>, signal: AbortSignal) =>
  api.post<{ value: unknown; text: string }>('/expressions/preview', place, { signal });
