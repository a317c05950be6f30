import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { type Job, running } from '@/features/crm/grid/api';

export type Undoing = gen.UndoView;

/** One thing that was done, and what becomes of it. */
export interface UndoItem {
  readonly kind: string;
  readonly verdict: 'back' | 'kept' | 'left';
  readonly because?: string;
  readonly field?: string;
  readonly was?: unknown;
  readonly is?: unknown;
  /** Of a record that was made, or of the client whose field this is. */
  readonly type?: string;
  readonly id?: string;
  readonly title?: string;
}

export interface UndoLine {
  readonly key: string;
  readonly title?: string;
  readonly type?: string;
  readonly record?: string;
  readonly result?: readonly UndoItem[];
  readonly why?: { readonly text: string };
}

export interface UndoWish {
  readonly dry: boolean;
  readonly version?: number;
  readonly from?: string;
  readonly to?: string;
}

export const startUndo = (path: string, wish: UndoWish) => api.post<Job>(`${path}/undo`, wish);

export const undoingQuery = (id: string) =>
  queryOptions({
    queryKey: ['undoings', id],
    queryFn: ({ signal }) => api.get<Undoing>(`/undoings/${id}`, undefined, signal),
    refetchInterval: (query) => (running(query.state.data?.job as Job | undefined) ? 700 : false),
  });

export const undoLinesQuery = (id: string, done: number) =>
  queryOptions({
    queryKey: ['undoings', id, 'lines', done],
    queryFn: ({ signal }) => api.get<Page<UndoLine>>(`/jobs/${id}/lines`, { limit: 100 }, signal),
    placeholderData: (old) => old,
  });
