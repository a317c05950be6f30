import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type { RobotOutcome, Rules, Why } from '../api';

/** One thing that is done in a trial. A trial is played from its beginning each time. */
export interface Act {
  do: 'move' | 'set' | 'advance' | 'skip' | 'decide' | 'fire' | 'retry';
  stage?: string;
  robot?: string;
  set?: Record<string, unknown>;
  by?: string;
  next?: boolean;
  wait?: string;
  outcome?: string;
  trigger?: string;
  event?: Record<string, unknown>;
}

/** The record of a trial: a copy of a real one, or one that is made up. */
export interface Subject {
  id?: string;
  new?: Record<string, unknown>;
  stage?: string;
}

export interface Line {
  n: number;
  at: string;
  step: number;
  kind:
    | 'entered'
    | 'moved'
    | 'changed'
    | 'made'
    | 'deleted'
    | 'waits'
    | 'condition'
    | 'started'
    | 'done'
    | 'failed'
    | 'passed'
    | 'canceled'
    | 'advanced'
    | 'skipped'
    | 'decided'
    | 'happened'
    | 'reacted'
    | 'refused'
    | 'process'
    | 'tooLong';
  stage?: string;
  robot?: string;
  trigger?: string;
  name?: string;
  from?: string;
  to?: string;
  by?: 'person' | 'robot' | 'trigger';
  until?: string;
  because?: string;
  reason?: string;
  outcome?: string;
  fields?: string[];
  changes?: Record<string, { before: unknown; after: unknown }>;
  asked?: { expression: string; result: boolean };
  values?: { name: string; value: string }[];
  why?: Why;
}

export interface Sent {
  n: number;
  at: string;
  stage?: string;
  robot?: string;
  title: string;
  name: string;
  leaves: boolean;
  record?: string;
  config?: Record<string, unknown>;
  items: {
    kind: 'mail' | 'notification' | 'post' | 'webhook' | 'process' | 'document';
    to: string[];
    subject?: string;
    text?: string;
  }[];
  code?: string;
  reason?: string;
}

export interface TrialTask {
  wait: string;
  kind: string;
  stage?: string;
  robot?: string;
  name: string;
  users: string[];
  groups: string[];
  outcomes: { name: string; label?: string }[];
}

export interface TrialStage {
  stage: string;
  name: string;
  current: boolean;
  entries: number;
  robots: RobotOutcome[];
}

export interface Report {
  at: string;
  record: Record<string, unknown> | null;
  stage: string;
  deleted: boolean;
  stages: TrialStage[];
  tasks: TrialTask[];
  next?: string;
  log: Line[];
  outbox: Sent[];
  problems: string[];
}

export const playTrial = (
  pipeline: string,
  body: { stages: Rules['stages']; record: Subject; at?: string; acts: readonly Act[] },
): Promise<Report> => api.post<Report>(`/stage-boards/${encodeURIComponent(pipeline)}/trials`, body);

/** A trial that was saved, with how it ended. */
export interface Scenario {
  id: string;
  rev: number;
  name: string;
  record: Subject;
  at: string;
  acts: Act[];
}

export interface Difference {
  what: 'stage' | 'deleted' | 'robot' | 'sent';
  stage?: string;
  robot?: string;
  was: string;
  is: string;
}

const scenariosAt = (pipeline: string): string =>
  `/stage-boards/${encodeURIComponent(pipeline)}/trial-scenarios`;

export const scenariosQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['trial-scenarios', pipeline],
    queryFn: ({ signal }) => api.get<Page<Scenario>>(scenariosAt(pipeline), undefined, signal),
  });

export const saveScenario = (
  pipeline: string,
  body: { name: string; stages: Rules['stages']; record: Subject; at: string; acts: readonly Act[] },
): Promise<Scenario> => api.post<Scenario>(scenariosAt(pipeline), body);

export const playScenario = (
  pipeline: string,
  id: string,
  stages: Rules['stages'],
): Promise<{ report: Report; differences: Difference[] }> =>
  api.post(`${scenariosAt(pipeline)}/${encodeURIComponent(id)}/runs`, { stages });

export const renameScenario = (pipeline: string, { id, rev }: Scenario, name: string): Promise<Scenario> =>
  api.patch<Scenario>(`${scenariosAt(pipeline)}/${encodeURIComponent(id)}`, { name }, { rev });

export const deleteScenario = (pipeline: string, { id, rev }: Scenario): Promise<unknown> =>
  api.delete(`${scenariosAt(pipeline)}/${encodeURIComponent(id)}`, { rev });

/** Records to try the rules with. */
export const candidatesQuery = (type: string, search: string) =>
  queryOptions({
    queryKey: ['trial-records', type, search],
    queryFn: ({ signal }) =>
      api.get<Page<{ id: string; title: string }>>(
        `/records/${type}`,
        { q: search || undefined, limit: 20 },
        signal,
      ),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });
