import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { DefinitionSummary } from '@/api/types';
import type { ProcessDocument } from '@/lib/process/types';

export type Template = Shape<gen.DefinitionExample, { process: ProcessDocument; scenarios: string[] }>;

export type RefKind = 'user' | 'group' | 'role' | 'pipeline' | 'stage' | 'template' | 'process' | 'secret';

export type Reference = Shape<gen.DefinitionReference, { kind: RefKind; nodes: string[] }>;

export type Imported = Shape<gen.DefinitionImported, { references: Reference[]; process?: ProcessDocument }>;

export const galleryQuery = (language: string) =>
  queryOptions({
    queryKey: ['definition-templates', 'gallery', language],
    queryFn: ({ signal }) => api.get<Page<Template>>('/definition-templates', undefined, signal),
    staleTime: 300_000,
  });

export const referencesQuery = (key: string) =>
  queryOptions({
    queryKey: ['definition-templates', key, 'references'],
    queryFn: ({ signal }) =>
      api.get<Page<Reference>>(
        `/definition-templates/${encodeURIComponent(key)}/references`,
        undefined,
        signal,
      ),
  });

export const beginWith = (body: { name: string; template: string; map: Record<string, string> }) =>
  api.post<DefinitionSummary>('/definitions', body);

export interface FileImport {
  readonly file: unknown;
  readonly name?: string;
  readonly map?: Record<string, string>;
  readonly dryRun?: boolean;
  readonly incomplete?: boolean;
  /** Shows it as the draft of this definition; only with `dryRun`. */
  readonly into?: string;
}

export const importFile = (body: FileImport) => api.post<Imported>('/definition-files', body);
