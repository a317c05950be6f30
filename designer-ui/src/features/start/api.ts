import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type { DefinitionSummary, RunSummary } from '@/api/types';
import type { JsonSchema } from '@/features/forms';
import { variablesSchema } from '@/features/runs/repair/variables';
import type { ProcessDocument } from '@/lib/process/types';

export const startableQuery = queryOptions({
  queryKey: ['definitions', 'startable'],
  queryFn: ({ signal }) => api.get<Page<DefinitionSummary>>('/definitions', { limit: 200 }, signal),
});

export const publishedProcessQuery = (key: string, version: number) =>
  queryOptions({
    queryKey: ['definitions', 'published', key, version],
    queryFn: ({ signal }) =>
      api.get<{ process: ProcessDocument }>(`/definitions/${key}/versions/${version}`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY, // a version never changes
  });

export const startRun = (
  key: string,
  parameters: Record<string, unknown>,
  record?: { type: string; id: string },
) =>
  api.post<RunSummary>(`/definitions/${key}/runs`, {
    parameters,
    ...(record && { recordType: record.type, recordId: record.id }),
  });

/** The form of what a process asks from who starts it. */
export function parametersSchema(process: ProcessDocument): JsonSchema {
  const parameters = process.parameters ?? [];
  const schema = variablesSchema({ ...process, variables: parameters });
  return {
    ...schema,
    required: parameters
      .filter((parameter) => parameter.required === true && parameter.default === undefined)
      .map((parameter) => parameter.name),
  };
}

/** What the form holds at first: the defaults of the parameters. */
export const parameterDefaults = (process: ProcessDocument): Record<string, unknown> =>
  Object.fromEntries(
    (process.parameters ?? [])
      .filter((parameter) => parameter.default !== undefined)
      .map((parameter) => [parameter.name, parameter.default]),
  );
