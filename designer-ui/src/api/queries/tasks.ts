import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';
import type * as gen from '../schema.gen';
import type { Shape } from '../shape';
import type { FileInfo, NodeState } from '../types';

export type TaskCounts = gen.WorklistCounts;

export type TaskStatus = 'open' | 'claimed' | 'decided' | 'completed' | 'canceled';

export type TaskSummary = Shape<gen.WorklistSummary, { status: TaskStatus; openedAt: string }>;

export type Outcome = Pick<gen.WorklistOutcome, 'name'> & Partial<gen.WorklistOutcome>;

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
  /** Of numbers, amounts (in whole units) and days. */
  min?: number | string;
  max?: number | string;
  minLength?: number;
  maxLength?: number;
  /** Variable that takes the value. */
  into?: string;
};

/** `commentRequired`: outcomes that must be explained. */
export type TaskConfig = Shape<
  gen.WorklistConfig,
  {
    form?: FormField[] | null;
    comment: 'never' | 'optional' | 'required';
    rule?: 'all' | 'any' | 'vote';
    refusal?: 'any' | 'all';
    delegation: 'subordinates' | 'all' | 'nobody';
  }
>;

export type Decision = gen.WorklistDecision;

export type Vote = Shape<gen.WorklistVote, { at: string }>;

export type Comment = Shape<gen.WorklistComment, { at: string }>;

export type Delegation = gen.WorklistHandover;

/** `next`: names of the nodes that follow, by outcome; the empty outcome is plain completion. */
export type TaskDetail = Shape<
  gen.TaskView,
  {
    status: TaskStatus;
    openedAt: string;
    config: TaskConfig;
    votes: Vote[];
    comments: Comment[];
    documents: FileInfo[];
    nodeStates: Record<string, NodeState>;
    next: Record<string, string[]>;
  }
>;

export type Completion = Shape<gen.WorklistCompletion>;

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
