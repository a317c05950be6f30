import { queryOptions } from '@tanstack/react-query';
import { api, apiBase, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Job } from '@/features/crm/grid/api';

export type ImportDraft = gen.TransferDraft;
export type ImportColumn = gen.TransferColumn;
export type PreviewedRow = gen.PreviewedRow;
export type ImportEdit = gen.TransferEdit;

const one = (id: string) => `/imports/${encodeURIComponent(id)}`;

export const columnsQuery = (type: string) =>
  queryOptions({
    queryKey: ['transfer', 'columns', type],
    queryFn: ({ signal }) =>
      api.get<Page<ImportColumn>>(`/transfer/${encodeURIComponent(type)}/columns`, undefined, signal),
    staleTime: 60_000,
  });

export const previewQuery = (draft: ImportDraft) =>
  queryOptions({
    queryKey: ['transfer', 'preview', draft.id, draft.rev],
    queryFn: ({ signal }) => api.get<Page<PreviewedRow>>(`${one(draft.id)}/preview`, { limit: 50 }, signal),
  });

export const draftQuery = (id: string) =>
  queryOptions({
    queryKey: ['transfer', 'draft', id],
    queryFn: ({ signal }) => api.get<ImportDraft>(one(id), undefined, signal),
  });

/** Imports of the reader, newest first. */
export const importsQuery = queryOptions({
  queryKey: ['transfer', 'imports'],
  queryFn: ({ signal }) => api.get<Page<Job>>('/jobs', { kind: 'import', limit: 50 }, signal),
});

/** The file of an import: its job is called after it. */
export const draftOf = (job: Job) => job.id.replace(/^import-/, '');

export const changeImport = (id: string, edit: ImportEdit) => api.patch<ImportDraft>(one(id), edit);
export const startImport = (id: string) => api.post<Job>(`${one(id)}/start`);
export const faultsHref = (id: string, format: string) => `${apiBase}${one(id)}/faults?format=${format}`;
export const exportHref = (type: string, format: string, search: Record<string, string>) =>
  `${apiBase}/transfer/${encodeURIComponent(type)}/export?${new URLSearchParams({ format, ...search })}`;

export function uploadImport(type: string, file: File): Promise<ImportDraft> {
  const form = new FormData();
  form.append('type', type);
  form.append('file', file);
  return api.post<ImportDraft>('/imports', form);
}
