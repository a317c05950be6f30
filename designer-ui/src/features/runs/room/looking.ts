import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { NodeState, RunStatus } from '@/api/types';
import type { Incident } from '../queries';

export type PartKind = 'running' | 'person' | 'timer' | 'message' | 'child' | 'join' | 'incident';

export type Part = { kind: PartKind; from: string; to: string | null };

export type Bar = Shape<gen.RunBar, { from: string; to: string | null; parts: Part[] }>;

export type Intervention = Shape<gen.RunIntervention, { at: string }>;

export type Timeline = { seq: number; bars: Bar[]; more: boolean; interventions: Intervention[] };

export type Moment = Shape<
  gen.RunMoment,
  {
    at: string;
    status: RunStatus;
    nodeStates: Record<string, NodeState>;
    flowsTaken: Record<string, number>;
    incidents: Incident[];
    variables: Record<string, unknown>;
  }
>;

export type VariableChange = Shape<gen.RunChange, { at: string }>;

export type RunVariable = Shape<gen.RunVariable, { changes: VariableChange[] }>;

export const timelineQuery = (id: string, language: string) =>
  queryOptions({
    queryKey: ['run', id, 'timeline', language],
    queryFn: ({ signal }) => api.get<Timeline>(`/runs/${id}/timeline`, undefined, signal),
    placeholderData: keepPreviousData,
  });

export const momentQuery = (id: string, seq: number, language: string) =>
  queryOptions({
    queryKey: ['run', id, 'past', seq, language],
    queryFn: ({ signal }) => api.get<Moment>(`/runs/${id}/past`, { seq }, signal),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const variablesQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id, 'variables'],
    queryFn: ({ signal }) => api.get<Page<RunVariable>>(`/runs/${id}/variables`, undefined, signal),
  });

/** What was done by hand at each step, in words, for the badges of the diagram. */
export function handsOf(interventions: readonly Intervention[]): Map<string, string> {
  const hands = new Map<string, string>();
  for (const { node, text } of interventions) {
    if (node) hands.set(node, [hands.get(node), text].filter(Boolean).join('\n'));
  }
  return hands;
}
