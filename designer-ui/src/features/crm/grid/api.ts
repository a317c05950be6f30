import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { ListField, Row } from './columns';
import type { GridSearch } from './search';

export type RowPage = Page<Row> & { names: Record<string, string> };
export type Totals = Shape<gen.CrmTotals>;
export type Job = Shape<gen.JobView>;
export type JobLine = Shape<gen.LineView>;
export type MassBody = Shape<gen.MassInput>;

/** The address of the records of a type. */
export const pathOf = (type: string): string =>
  type === 'contact' ? '/contacts' : type === 'company' ? '/companies' : `/records/${type}`;

export const isParty = (type: string) => type === 'contact' || type === 'company';

export const listFieldsQuery = (type: string) =>
  queryOptions({
    queryKey: ['lists', type, 'fields'],
    queryFn: ({ signal }) => api.get<Page<ListField>>(`/lists/${type}/fields`, undefined, signal),
    staleTime: 60_000,
  });

export const rowsQuery = (type: string, { q, filter, sort }: GridSearch) =>
  infiniteQueryOptions({
    queryKey: ['lists', type, 'rows', { q, filter, sort }],
    queryFn: ({ signal, pageParam }) =>
      api.get<RowPage>(pathOf(type), { q, filter, sort, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: (old) => old,
  });

export const totalsQuery = (type: string, { q, filter }: GridSearch) =>
  queryOptions({
    queryKey: ['lists', type, 'totals', { q, filter }],
    queryFn: ({ signal }) => api.get<Totals>(`/lists/${type}/totals`, { q, filter }, signal),
  });

export const changeRow = (type: string, row: Row, patch: Record<string, unknown>) =>
  api.patch<Row>(`${pathOf(type)}/${row.id}`, patch, { rev: row.rev });

export const previewMass = (type: string, body: MassBody) =>
  api.post<gen.MassCount>(`/lists/${type}/mass/preview`, body);

export const startMass = (type: string, body: MassBody) => api.post<Job>(`/lists/${type}/mass`, body);

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['jobs', id],
    queryFn: ({ signal }) => api.get<Job>(`/jobs/${id}`, undefined, signal),
    refetchInterval: (query) => (running(query.state.data) ? 700 : false),
  });

export const running = (job: Job | undefined) =>
  job === undefined || job.status === 'collecting' || job.status === 'running';

export const jobLinesQuery = (id: string, status: string, done: number) =>
  queryOptions({
    queryKey: ['jobs', id, 'lines', status, done],
    queryFn: ({ signal }) => api.get<Page<JobLine>>(`/jobs/${id}/lines`, { status, limit: 100 }, signal),
    placeholderData: (old) => old,
  });

export const cancelJob = (id: string) => api.post<Job>(`/jobs/${id}/cancel`);
