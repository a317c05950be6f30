import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { NodeRunState, RunSnapshot } from '@/canvas/lazy';
import { formatCompact, formatDuration } from '@/lib/format';
import type { Counts } from '../queries';
import type { Heat, Period } from '../search';

export type Statistic = Shape<
  gen.DefinitionStatistic,
  { from: string; to: string; started: number[]; ended: number[] }
>;

export type StepStatistic = Shape<gen.RunStepStatistic, { nodes: Record<string, NodeTimes> }>;

export type NodeTimes = { count: number; medianMs: number; p95Ms: number; failed: number };

export const statisticsQuery = (period: Period, q: string) =>
  infiniteQueryOptions({
    queryKey: ['statistics', period, q],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Statistic>>(
        '/statistics/definitions',
        { period, q, limit: 50, cursor: pageParam },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: (old) => old,
    refetchInterval: 30_000,
  });

export const statisticQuery = (key: string, version: number, period: Period) =>
  queryOptions({
    queryKey: ['definition', key, 'statistic', version, period],
    queryFn: ({ signal }) =>
      api.get<Omit<Statistic, 'name'>>(`/definitions/${key}/statistics`, { version, period }, signal),
    placeholderData: (old) => old,
    refetchInterval: 30_000,
  });

export const stepStatisticQuery = (key: string, version: number, period: Period) =>
  queryOptions({
    queryKey: ['definition', key, 'steps', version, period],
    queryFn: ({ signal }) =>
      api.get<StepStatistic>(`/definitions/${key}/statistics/steps`, { version, period }, signal),
    placeholderData: (old) => old,
    refetchInterval: 30_000,
  });

const measureOf = (times: NodeTimes, heat: Heat): number =>
  heat === 'visits' ? times.count : heat === 'median' ? times.medianMs : times.p95Ms;

export const heatText = (times: NodeTimes, heat: Heat): string =>
  heat === 'visits' ? formatCompact(times.count) : formatDuration(measureOf(times, heat));

/**
 * Counts of all instances, with a heat map over them when one is asked for. Times differ by orders of magnitude, so
 * their heat is the logarithm: a step of a day stands out beside one of an hour, and the hour beside a second.
 */
export function snapshotOfHeat(counts: RunSnapshot, times: StepStatistic['nodes'], heat: Heat): RunSnapshot {
  const scale = (value: number) => (heat === 'visits' ? value : Math.log1p(value / 100));
  const most = Math.max(0, ...Object.values(times).map((time) => scale(measureOf(time, heat))));
  const nodes: Record<string, NodeRunState> = { ...counts.nodes };
  for (const [id, time] of Object.entries(times)) {
    if (measureOf(time, heat) === 0) continue; // a passage takes no time worth telling
    nodes[id] = {
      ...(nodes[id] ?? { status: 'idle' }),
      heat: most === 0 ? 0 : scale(measureOf(time, heat)) / most,
      heatText: heatText(time, heat),
    };
  }
  return { nodes };
}

/** One row per step that has a name or something to tell, the slowest first. */
export function stepRows(counts: Counts | undefined, steps: StepStatistic | undefined) {
  const ids = new Set([...Object.keys(counts?.nodes ?? {}), ...Object.keys(steps?.nodes ?? {})]);
  return [...ids]
    .map((id) => ({
      id,
      active: counts?.nodes[id]?.active ?? 0,
      incidents: counts?.nodes[id]?.incidents ?? 0,
      times: steps?.nodes[id],
    }))
    .sort((a, b) => (b.times?.medianMs ?? 0) - (a.times?.medianMs ?? 0) || b.active - a.active);
}
