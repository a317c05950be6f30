import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { DefinitionSummary, FileInfo, NodeState, RunStatus, RunSummary } from '@/api/types';
import type { ProcessDocument } from '@/lib/process/types';
import { filtersOf, hoursAgo, type RunsSearch, statusOf } from './search';

export type Incident = Shape<gen.RunIncident, { at: string }>;

export type Wait = Shape<gen.RunWait, { kind: 'task' | 'timer' | 'message' | 'effect' | 'child' }>;

export type Relative = Shape<gen.RunRelative, { status: RunStatus; startedAt: string }>;

type RunReply = Shape<
  gen.RunView,
  {
    status: RunStatus;
    startedAt: string;
    process: ProcessDocument;
    nodeStates: Record<string, NodeState>;
    waits: Wait[];
    incidents: Incident[];
    documents: FileInfo[];
    children: Relative[];
    parent?: Relative;
  }
>;

/** What the stream and the page share: the picture of a run. */
export type RunPicture = Pick<RunReply, 'status' | 'nodeStates' | 'flowsTaken'>;

export type Run = Omit<RunReply, 'incidents'> & { incidents: number; openIncidents: Incident[] };

/** Lists count incidents, one run lists them: inside the UI the number has one name in both. */
function withIncidents({ incidents, ...run }: RunReply): Run {
  return { ...run, incidents: incidents.length, openIncidents: incidents };
}

export type RunRecord = Shape<gen.RunLine, { at: string }>;

export type Counts = gen.RunCounts;

/** "Incident" and "suspended" are filters of their own; the other states are statuses of the run. */
const filterOf = (search: RunsSearch) => ({
  definition: search.definition,
  version: search.version,
  q: search.q,
  node: search.node,
  status: statusOf(search.state),
  incident: search.state === 'incident' ? true : undefined,
  suspended: search.state === 'suspended' ? true : undefined,
  person: search.person,
  startedBy: search.startedBy,
  startedTo: hoursAgo(search.older),
  idleSince: hoursAgo(search.idle),
  incidentText: search.trouble,
  variable: search.variable === undefined ? undefined : [search.variable],
  recordType: search.recordType,
  recordId: search.recordId,
});

/** The key of a question leaves out the running minute: the answer on the page is only replaced by a newer one. */
const keyOf = (search: RunsSearch) => filtersOf(search);

export const runsQuery = (search: RunsSearch) =>
  infiniteQueryOptions({
    queryKey: ['runs', keyOf(search)],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<RunSummary>>('/runs', { ...filterOf(search), limit: 50, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: (old) => old,
  });

export const runsCountQuery = (search: RunsSearch) =>
  queryOptions({
    queryKey: ['runs', 'count', keyOf(search)],
    queryFn: ({ signal }) => api.get<gen.Listed>('/runs/count', filterOf(search), signal),
    placeholderData: (old) => old,
  });

export const definitionNamesQuery = queryOptions({
  queryKey: ['definitions', 'names'],
  queryFn: ({ signal }) => api.get<Page<DefinitionSummary>>('/definitions', { limit: 200 }, signal),
  staleTime: 30_000,
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id],
    queryFn: async ({ signal }) => withIncidents(await api.get<RunReply>(`/runs/${id}`, undefined, signal)),
  });

export const versionQuery = (key: string, version: number) =>
  queryOptions({
    queryKey: ['definition', key, 'version', version],
    queryFn: ({ signal }) =>
      api.get<Shape<gen.DefinitionVersionSummary, { process: ProcessDocument }>>(
        `/definitions/${key}/versions/${version}`,
        undefined,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const versionsQuery = (key: string) =>
  queryOptions({
    queryKey: ['definition', key, 'versions'],
    queryFn: ({ signal }) =>
      api.get<Page<gen.DefinitionVersionSummary>>(`/definitions/${key}/versions`, undefined, signal),
  });

export const countsQuery = (key: string, version: number) =>
  queryOptions({
    queryKey: ['definition', key, 'counts', version],
    queryFn: ({ signal }) => api.get<Counts>(`/definitions/${key}/counts`, { version }, signal),
  });

type Cancellation = Shape<gen.RepairWish> & { action: 'cancel'; reason: string };

export const actOnRun = (id: string, action: Cancellation) =>
  api.post<Shape<gen.Acted, { run: RunSummary }>>(`/runs/${id}/actions`, action);
