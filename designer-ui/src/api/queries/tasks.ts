import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';
import type { FileInfo, NodeState, PersonRef } from '../types';

export type TaskCounts = { mine: number; group: number; today: number; overdue: number; delegated: number };

export type TaskStatus = 'open' | 'claimed' | 'decided' | 'completed' | 'canceled';

export type TaskSummary = {
  id: string;
  rev: number;
  kind: 'userTask' | 'approval' | string;
  name: string;
  definitionKey: string;
  definitionName: string;
  runId: string;
  node: string;
  recordType?: string;
  recordId?: string;
  recordTitle?: string;
  status: TaskStatus;
  openedAt: string;
  dueAt?: string | null;
  overdue: boolean;
  assignees?: PersonRef[];
  groups?: PersonRef[];
  claimedBy?: string | null;
  claimedByName?: string | null;
  startedByName?: string;
};

export type Outcome = { name: string; label?: string; positive?: boolean };

/** One field of a task's form, as the author described it. */
export type FormField = {
  name: string;
  label?: string;
  help?: string;
  type: string;
  required?: boolean;
  multiple?: boolean;
  options?: string[];
  default?: unknown;
};

export type TaskConfig = {
  form?: FormField[] | null;
  files?: { required?: boolean; label?: string } | null;
  comment?: 'never' | 'optional' | 'required';
  outcomes?: Outcome[];
  rule?: 'all' | 'any' | 'vote';
  threshold?: number;
  /** Outcomes that must be explained. */
  commentRequired?: string[];
  delegation?: 'subordinates' | 'all' | 'nobody';
};

export type Decision = { outcome?: string; by?: string; byName?: string; at?: string; notBefore?: string };

export type Vote = { user: string; userName: string; outcome: string; comment?: string; at: string };

export type Comment = { id: string; at: string; user: string; userName: string; text: string };

export type Delegation = {
  from?: string;
  fromName?: string;
  to: string;
  toName?: string;
  reason?: string;
  at?: string;
};

export type TaskDetail = TaskSummary & {
  text?: string;
  config: TaskConfig;
  votes?: Vote[];
  decision?: Decision | null;
  delegated?: Delegation[];
  comments?: Comment[];
  documents?: FileInfo[];
  /** Names of the nodes that follow, by outcome; the empty outcome is plain completion. */
  next?: Record<string, string[]>;
  process?: unknown;
  nodeStates?: Record<string, NodeState>;
  canComplete: boolean;
  canDelegate?: boolean;
  whyNot?: string;
};

export type Completion = {
  outcome?: string;
  comment?: string;
  values?: Record<string, unknown>;
  files?: string[];
  undoSeconds?: number;
};

export type TaskFilter = { view: string; q?: string; definition?: string; sort?: string };

export const taskCountsQuery = queryOptions({
  queryKey: ['tasks', 'counts'],
  queryFn: ({ signal }) => api.get<TaskCounts>('/tasks/counts', undefined, signal),
});

export const taskListQuery = (filter: TaskFilter) =>
  infiniteQueryOptions({
    queryKey: ['tasks', 'list', filter],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<TaskSummary>>('/tasks', { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
  });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ['tasks', 'one', id],
    queryFn: ({ signal }) => api.get<TaskDetail>(`/tasks/${encodeURIComponent(id)}`, undefined, signal),
  });

const at = (id: string, rest: string) => `/tasks/${encodeURIComponent(id)}${rest}`;

export const completeTask = (id: string, completion: Completion) =>
  api.post<{ task: TaskDetail }>(at(id, '/completion'), completion);
export const takeBackCompletion = (id: string) => api.delete(at(id, '/completion'));
export const claimTask = (id: string) => api.post<unknown>(at(id, '/claim'));
export const releaseTask = (id: string) => api.delete(at(id, '/claim'));
export const delegateTask = (id: string, body: { to: string; reason: string }) =>
  api.post<unknown>(at(id, '/delegation'), body);
export const commentTask = (id: string, text: string) => api.post<unknown>(at(id, '/comments'), { text });

export function uploadFile(file: File, owner: string): Promise<FileInfo> {
  const form = new FormData();
  form.set('owner', owner);
  form.set('file', file);
  return api.post<FileInfo>('/files', form);
}
