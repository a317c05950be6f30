import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Sample } from './sample';

export type ExpressionFinding = gen.ExpressionFinding;

export type CompletionItem = gen.ExprCompletion;

type Place = {
  source: string;
  template: boolean;
  definitionKey?: string;
  node?: string;
  process?: unknown;
  trigger?: string;
};

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

export const previewExpression = (place: Place & Partial<Sample>, signal: AbortSignal) =>
  api.post<{ value: unknown; text: string }>('/expressions/preview', place, { signal });
