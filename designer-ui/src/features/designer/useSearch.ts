import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { kindName } from '@/canvas';
import { changesBetween } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import { useDesigner } from './DesignerContext';
import { findElements, parseQuery } from './find';
import { elementName } from './texts';

/** What a search has found, and at which of it the person is. */
export interface Found {
  readonly query: string;
  readonly ids: readonly string[];
  readonly at: number;
}

/** Ids of the elements that fit the query, in document order; undefined for an empty query. */
export function useSearch(text: string): readonly string[] | undefined {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, findings, definitionKey, publishedVersion } = useDesigner();
  const query = useMemo(() => parseQuery(text), [text]);
  const wantsChanges = query?.is.includes('modified') ?? false;
  const { data } = useQuery({
    queryKey: ['definitions', definitionKey, 'versions', publishedVersion, 'process'],
    queryFn: ({ signal }) =>
      api.get<{ process: ProcessDocument }>(
        `/definitions/${encodeURIComponent(definitionKey)}/versions/${publishedVersion}`,
        undefined,
        signal,
      ),
    enabled: wantsChanges && publishedVersion !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const published = data?.process;
  return useMemo(() => {
    if (!query) return undefined;
    const problems = new Set(findings.map((finding) => finding.node ?? finding.flow ?? ''));
    const modified = wantsChanges
      ? new Set(published && changesBetween(published, document).map(({ id }) => id))
      : undefined;
    return findElements(document, query, {
      name: (id) => elementName(t, kinds, i18n.language, document, id),
      kind: (node) => kindName(t, kinds, node),
      problem: (id) => problems.has(id),
      // What was never published is all new.
      modified: (id) => (publishedVersion === null ? true : (modified?.has(id) ?? false)),
    });
  }, [query, document, kinds, findings, t, i18n.language, published, publishedVersion, wantsChanges]);
}

/** Reports what is found whenever it changes. */
export function useReport(
  ids: readonly string[] | undefined,
  query: string,
  found: Found | undefined,
  report: (found: Found | undefined) => void,
): void {
  const signature = ids?.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the ids are compared by value.
  useEffect(() => {
    if (ids) report({ query, ids, at: Math.min(found?.query === query ? found.at : -1, ids.length - 1) });
    else report(undefined);
  }, [signature, query]);
}
