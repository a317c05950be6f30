import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { FileInfo, RunSummary } from '@/api/types';
import type {
  Board,
  Company,
  Contact,
  Deal,
  DealCard,
  DealPatch,
  Moved,
  NewDeal,
  Pipeline,
  TimelineEntry,
} from './types';

/** The pipelines of all record types. */
export const pipelinesQuery = queryOptions({
  queryKey: ['pipelines'],
  queryFn: ({ signal }) => api.get<Page<Pipeline>>('/pipelines', undefined, signal),
  staleTime: 60_000,
});

export type BoardFilter = { pipeline: string; q?: string; responsible?: string };

export const boardQuery = (filter: BoardFilter) =>
  queryOptions({
    queryKey: ['board', filter],
    queryFn: ({ signal }) => api.get<Board>('/board', filter, signal),
    placeholderData: (old) => old,
  });

export const moreDeals = (type: string, filter: BoardFilter, stage: string, cursor: string) =>
  api.get<Page<DealCard>>(`/records/${type}`, { ...filter, stage, cursor, limit: 50 });

export const dealQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['deal', id],
    queryFn: ({ signal }) => api.get<Deal>(`/records/${type}/${id}`, undefined, signal),
  });

export const timelineQuery = (type: string, id: string) =>
  infiniteQueryOptions({
    queryKey: ['deal', id, 'timeline'],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<TimelineEntry>>(
        `/records/${type}/${id}/timeline`,
        { cursor: pageParam, limit: 50 },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
  });

export const dealFilesQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['deal', id, 'files'],
    queryFn: ({ signal }) => api.get<Page<FileInfo>>(`/records/${type}/${id}/files`, undefined, signal),
  });

export const dealRunsQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['deal', id, 'runs'],
    queryFn: ({ signal }) => api.get<Page<RunSummary>>(`/records/${type}/${id}/runs`, undefined, signal),
  });

export const partyQuery = <T extends Contact | Company>(
  kind: 'contacts' | 'companies',
  q: string,
  responsible?: string,
) =>
  infiniteQueryOptions({
    queryKey: [kind, q, responsible ?? ''],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<T>>(`/${kind}`, { q, responsible, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: (old) => old,
  });

export const moveDeal = (deal: { type: string; id: string; rev: number }, stage: string, fill?: DealPatch) =>
  api.post<Moved>(`/records/${deal.type}/${deal.id}/stage`, { stage, fill }, { rev: deal.rev });

export const createDeal = (type: string, body: NewDeal) => api.post<Deal>(`/records/${type}`, body);

export const updateDeal = (type: string, id: string, rev: number, patch: DealPatch) =>
  api.patch<Deal>(`/records/${type}/${id}`, patch, { rev });

export const deleteDeal = (type: string, id: string, rev: number) =>
  api.delete(`/records/${type}/${id}`, { rev });

export const copyRecord = (type: string, id: string, body: gen.CrmCopyOptions) =>
  api.post<Deal>(`/records/${type}/${id}/copies`, body);

export type Conversion = Shape<gen.CrmConversion>;

export const conversionQuery = (id: string) =>
  queryOptions({
    queryKey: ['deal', id, 'conversion'],
    queryFn: ({ signal }) => api.get<Conversion>(`/leads/${id}/conversion`, undefined, signal),
  });

export const convertLead = (lead: { id: string; rev: number }, body: gen.CrmConvertOptions) =>
  api.post<gen.CrmConverted>(`/leads/${lead.id}/conversion`, body, { rev: lead.rev });

export const exceptRecord = (type: string, id: string) =>
  api.post<Page<string>>(`/records/${type}/${id}/exception`, {});

export type BinItem = Shape<gen.CrmBinItem, { deletedAt: string; erasedAt: string }>;

export const binQuery = (type: string, q: string) =>
  infiniteQueryOptions({
    queryKey: ['bin', type, q],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<BinItem>>(`/bin/${type}`, { q: q || undefined, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: (old) => old,
  });

export const eraseRecord = (type: string, id: string) => api.delete(`/bin/${type}/${id}`);

export const binRuleQuery = queryOptions({
  queryKey: ['binRule'],
  queryFn: ({ signal }) => api.get<gen.CrmBinRule>('/settings/bin', undefined, signal),
  staleTime: 60_000,
});

export const saveBinRule = (rule: gen.CrmBinRule, days: number) =>
  api.put<gen.CrmBinRule>('/settings/bin', { days }, { rev: rule.rev ?? 0 });

/** Where something of a type is restored from the bin. */
export const restoreRecord = (type: string, id: string) =>
  api.post<{ title?: string; name?: string }>(
    type === 'contact'
      ? `/contacts/${id}/restore`
      : type === 'company'
        ? `/companies/${id}/restore`
        : `/records/${type}/${id}/restore`,
    {},
  );

export const addComment = (type: string, id: string, text: string) =>
  api.post<TimelineEntry>(`/records/${type}/${id}/comments`, { text });

export const uploadFile = (owner: string, file: File) => {
  const form = new FormData();
  form.set('owner', owner);
  form.set('file', file);
  return api.post<FileInfo>('/files', form);
};

export const createPipeline = (type: string, name: string) =>
  api.post<Pipeline>('/pipelines', { type, name });

export const deletePipeline = (pipeline: Pipeline) =>
  api.delete(`/pipelines/${pipeline.id}`, { rev: pipeline.rev });

export const savePipeline = (pipeline: Pipeline) =>
  api.patch<Pipeline>(
    `/pipelines/${pipeline.id}`,
    { name: pipeline.name, stages: pipeline.stages },
    { rev: pipeline.rev },
  );
