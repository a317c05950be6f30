import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';
import type * as gen from '../schema.gen';
import type { Shape } from '../shape';
import type { DefinitionSummary, RunSummary } from '../types';

export type IncidentSummary = Shape<gen.RunIncident, { at: string }>;

/** What the home page shows of definitions, runs and incidents. */
export const recentDefinitionsQuery = queryOptions({
  queryKey: ['definitions', 'recent'],
  queryFn: ({ signal }) => api.get<Page<DefinitionSummary>>('/definitions', { limit: 6 }, signal),
});

export const recentRunsQuery = queryOptions({
  queryKey: ['runs', 'recent'],
  queryFn: ({ signal }) => api.get<Page<RunSummary>>('/runs', { limit: 6 }, signal),
});

export const incidentsQuery = queryOptions({
  queryKey: ['incidents', 'recent'],
  queryFn: ({ signal }) => api.get<Page<IncidentSummary>>('/incidents', { limit: 6 }, signal),
});
