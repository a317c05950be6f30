import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type { RunSummary } from '@/api/types';
import type { RunRecord } from '../queries';
import { hoursAgo, type RunState, type RunsSearch, statusOf } from '../search';

export type WishAction =
  | 'retry'
  | 'skip'
  | 'resend'
  | 'drop'
  | 'move'
  | 'place'
  | 'plan'
  | 'fire'
  | 'cancelScope'
  | 'cancel'
  | 'suspend'
  | 'resume'
  | 'setVariables'
  | 'migrate'
  | 'dropEvent'
  | 'assign';

/** What an operator asks for; which members count depends on the action. */
export type Wish = {
  action: WishAction;
  incident?: string;
  variables?: Record<string, unknown>;
  port?: string;
  node?: string;
  token?: string;
  to?: string;
  place?: 'before' | 'after';
  flow?: string;
  scope?: string;
  end?: boolean;
  event?: string;
  /** Of an assignment: who gets the task, and whose it is when several have it. */
  person?: string;
  from?: string;
  version?: number;
  nodes?: Record<string, string>;
  /** Of a plan: done together, or none of them. */
  steps?: Omit<Wish, 'reason'>[];
  reason?: string;
};

export type Verdict = 'does' | 'stays' | 'kept' | 'cannot' | 'moves' | 'needsChoice';

export type Stand = {
  status: RunSummary['status'];
  suspended: boolean;
  version: number;
  nodes: string[];
  /** Of the nodes, in their order. */
  names?: string[];
  waits: number;
  incidents: number;
};

export type MigrationFinding = { code: string; verdict?: Verdict; node?: string; name?: string };

export type Outcome = {
  run: string;
  title: string;
  verdict: Verdict;
  why?: string;
  message?: string;
  /** Number of the step that a plan cannot do, from 1. */
  step?: number;
  lines?: RunRecord[];
  findings?: MigrationFinding[];
  keptWaits: number;
  closedWaits: number;
  openedWaits: number;
  before: Stand;
  after: Stand;
};

export type Mover = {
  kind: string;
  wait?: string;
  node?: string;
  nodeName?: string;
  hopeless?: string;
  people?: { id: string; name: string }[];
  dueAt?: string | null;
  name?: string;
  key?: string;
  status?: string;
  attempt?: number;
  coming?: string[];
  scope?: string;
};

export type KeptEvent = { id: string; kind: string; nodeName?: string; by?: string; at: string };

export type OpenScope = { id: string; node: string; nodeName?: string; tokens: number };

export type OutlookFinding = {
  code: string;
  node?: string;
  nodeName?: string;
  message?: string;
  names?: string[];
  repairs: Wish[];
};

export type Outlook = {
  verdict: 'ended' | 'moving' | 'waiting' | 'held' | 'stuck';
  movers: Mover[];
  findings: OutlookFinding[];
  kept: number;
  keptEvents?: KeptEvent[];
  droppable: boolean;
  scopes?: OpenScope[];
};

export type RunFilter = {
  definition?: string;
  version?: number;
  statuses?: string[];
  node?: string;
  incident?: boolean;
  suspended?: boolean;
  q?: string;
  person?: string;
  startedBy?: string;
  startedTo?: string;
  idleSince?: string;
  incidentText?: string;
  variables?: string[];
  recordType?: string;
  recordId?: string;
};

export type Selection = { runs?: string[]; filter?: RunFilter };

export type Job = {
  id: string;
  wish: Omit<Wish, 'action'> & { action: WishAction | 'step' };
  /** Name of who started it. */
  by?: string;
  createdAt: string;
  status: 'collecting' | 'running' | 'done' | 'canceled';
  open: boolean;
  total: number;
  done: number;
  changed: number;
  refused: number;
  takeBackUntil?: string | null;
  undoes?: string;
  undoneBy?: string;
};

export type JobResult = {
  id: string;
  run: string;
  status: 'pending' | 'done' | 'refused' | 'skipped';
  outcome: Outcome;
};

const statuses = (status: RunState | undefined) => (status === undefined ? undefined : [status]);

/** The filter of the list as a bulk act takes it. */
export const filterOfSearch = (search: RunsSearch): RunFilter => ({
  definition: search.definition,
  version: search.version,
  node: search.node,
  q: search.q,
  incident: search.state === 'incident' ? true : undefined,
  suspended: search.state === 'suspended' ? true : undefined,
  statuses: statuses(statusOf(search.state)),
  person: search.person,
  startedBy: search.startedBy,
  startedTo: hoursAgo(search.older),
  idleSince: hoursAgo(search.idle),
  incidentText: search.trouble,
  variables: search.variable === undefined ? undefined : [search.variable],
  recordType: search.recordType,
  recordId: search.recordId,
});

export const repairRun = (id: string, wish: Wish) =>
  api.post<{ run: RunSummary; outcome: Outcome }>(`/runs/${id}/actions`, wish);

export const previewQuery = (id: string, wish: Wish, ready: boolean) =>
  queryOptions({
    queryKey: ['run', id, 'preview', wish],
    queryFn: () => api.post<Outcome>(`/runs/${id}/actions/preview`, wish),
    enabled: ready,
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** What a plan would do to the run as it stands at a record; asked anew when it goes on. */
export const planPreviewQuery = (id: string, plan: Wish, seq: number) =>
  queryOptions({
    queryKey: ['run', id, 'preview', plan, seq],
    queryFn: () => api.post<Outcome>(`/runs/${id}/actions/preview`, plan),
    enabled: (plan.steps?.length ?? 0) > 0,
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

export const outlookQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: ['run', id, 'outlook', seq],
    queryFn: ({ signal }) => api.get<Outlook>(`/runs/${id}/outlook`, undefined, signal),
    placeholderData: keepPreviousData,
  });

export const previewRepair = (wish: Wish, select: Selection) =>
  api.post<Page<Outcome>>('/repairs/preview', { wish, select });

export const startRepair = (wish: Wish, select: Selection) => api.post<Job>('/repairs', { wish, select });

const goingOver = (definition: string): Selection => ({ filter: { definition, statuses: ['active'] } });

/** What a migration to the draft would do, instance by instance, as if it were published. */
export const previewDraft = (definition: string, nodes: Readonly<Record<string, string>>) =>
  api.post<Page<Outcome>>(
    '/repairs/preview',
    { draft: true, wish: { action: 'migrate', nodes }, select: goingOver(definition) },
    { query: { limit: 100 } },
  );

/** Moves everything that runs to a version, as a job. */
export const startMoving = (
  definition: string,
  version: number,
  nodes: Readonly<Record<string, string>>,
  reason: string,
) => startRepair({ action: 'migrate', version, nodes, reason }, goingOver(definition));

export const cancelRepair = (id: string) => api.post<Job>(`/repairs/${id}/cancel`);

export const takeBackRepair = (id: string, reason: string) =>
  api.post<Job>(`/repairs/${id}/take-back`, { reason });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['repair', id],
    queryFn: ({ signal }) => api.get<Job>(`/repairs/${id}`, undefined, signal),
    refetchInterval: (query) => (query.state.data?.open === false ? false : 700),
  });

export const jobsQuery = infiniteQueryOptions({
  queryKey: ['repairs'],
  queryFn: ({ signal, pageParam }) =>
    api.get<Page<Job>>('/repairs', { limit: 25, cursor: pageParam }, signal),
  initialPageParam: '',
  getNextPageParam: (last) => last.next || null,
  refetchInterval: (query) =>
    query.state.data?.pages.some((page) => page.items.some((job) => job.open)) ? 1500 : false,
});

export const resultsQuery = (id: string, done: number) =>
  infiniteQueryOptions({
    queryKey: ['repair', id, 'results', done],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<JobResult>>(`/repairs/${id}/results`, { limit: 100, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: keepPreviousData,
  });
