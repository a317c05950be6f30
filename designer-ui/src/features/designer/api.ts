import { queryOptions } from '@tanstack/react-query';
import { api, buildUrl, type Page, request } from '@/api/client';
import { isApiError } from '@/api/problem';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { DefinitionSummary } from '@/api/types';
import type { ElementPatch } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import type { ServerFinding } from '@/lib/process/validate';
import type { Clash, Saved, SaveResult } from './draft';

/** A finding of the server; where it is, the designer takes from its node, flow and field. */
type ReplyFinding = Shape<gen.GraphFinding, { severity: ServerFinding['severity'] }>;

export type Definition = Shape<
  gen.DefinitionDetail,
  { changedAt: string; draft: ProcessDocument; findings: ReplyFinding[] }
>;

export type VersionSummary = Shape<gen.DefinitionVersionSummary, { publishedAt: string }>;

export type Version = Shape<gen.DefinitionVersionSummary, { publishedAt: string; process: ProcessDocument }>;

export type DefinitionTemplate = gen.DefinitionExample;

const path = (key: string) => `/definitions/${encodeURIComponent(key)}`;

export const definitionsQuery = (search: string) =>
  queryOptions({
    queryKey: ['definitions', 'list', search],
    queryFn: ({ signal }) =>
      api.get<Page<DefinitionSummary>>('/definitions', { q: search, limit: 200 }, signal),
    placeholderData: (old) => old,
  });

export const templatesQuery = queryOptions({
  queryKey: ['definition-templates'],
  queryFn: ({ signal }) => api.get<Page<DefinitionTemplate>>('/definition-templates', undefined, signal),
  staleTime: 300_000,
});

/** Asked for before the page was there, see `early.ts`; handed out once. */
const early = new Map<string, Promise<Definition>>();
/** A page that is not shown by then asks again: the definition may have changed. */
const EARLY_MS = 10_000;

/** Asks for a definition ahead of its page. */
export function fetchEarly(key: string): void {
  const drop = (): void => void early.delete(key);
  const reply = api.get<Definition>(path(key));
  early.set(key, reply);
  // A failure that nobody waits for is nobody's: whoever comes later asks again.
  reply.catch(drop);
  setTimeout(drop, EARLY_MS);
}

function fetchDefinition(key: string, signal: AbortSignal): Promise<Definition> {
  const asked = early.get(key);
  early.delete(key);
  return asked ?? api.get<Definition>(path(key), undefined, signal);
}

export const definitionQuery = (key: string) =>
  queryOptions({
    queryKey: ['definitions', key],
    queryFn: ({ signal }) => fetchDefinition(key, signal),
    // The draft store owns the document once it is open; a refetch must not pull it away.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });

export const versionsQuery = (key: string) =>
  queryOptions({
    queryKey: ['definitions', key, 'versions'],
    queryFn: ({ signal }) => api.get<Page<VersionSummary>>(`${path(key)}/versions`, { limit: 200 }, signal),
  });

export const versionQuery = (key: string, version: number) =>
  queryOptions({
    queryKey: ['definitions', key, 'versions', version],
    queryFn: ({ signal }) => api.get<Version>(`${path(key)}/versions/${version}`, undefined, signal),
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const createDefinition = (body: {
  name: string;
  template?: string;
  appliesTo?: string;
  empty?: boolean;
}) => api.post<DefinitionSummary>('/definitions', body);

export const replaceDraft = (key: string, document: ProcessDocument, rev: number) =>
  api.put<DraftReply>(`${path(key)}/draft`, document, { rev });

export const renameDefinition = (key: string, name: string, rev: number) =>
  api.patch<DefinitionSummary>(path(key), { name }, { rev });

type DraftReply = Shape<gen.DefinitionSaved, { findings: ReplyFinding[]; draft?: ProcessDocument }>;

/** The draft as it is now, past everything that is remembered. */
export async function fetchDraft(key: string): Promise<Saved> {
  const { draft, draftRev, findings } = await api.get<Definition>(path(key));
  return { document: draft, rev: draftRev, findings: findings ?? [] };
}

/** The server takes so many patches in one go. */
const MAX_PATCHES = 1000;

/** Sends patches of the draft and says in one word what became of them. */
export async function saveDraft(
  key: string,
  patches: readonly ElementPatch[],
  rev: number,
): Promise<SaveResult> {
  let merged: ProcessDocument | undefined;
  let at = rev;
  for (let from = 0; ; from += MAX_PATCHES) {
    const result = await savePart(key, patches.slice(from, from + MAX_PATCHES), at);
    if (result.kind !== 'saved') return result;
    // What others changed before this part is in what the last part answers only if it was merged there.
    merged = result.draft ?? (merged && (await fetchDraft(key)).document);
    at = result.rev;
    if (from + MAX_PATCHES >= patches.length) return { ...result, ...(merged ? { draft: merged } : {}) };
  }
}

async function savePart(key: string, patches: readonly ElementPatch[], rev: number): Promise<SaveResult> {
  try {
    const { data } = await request<DraftReply>('PATCH', `${path(key)}/draft`, { body: { patches }, rev });
    return {
      kind: 'saved',
      rev: data.draftRev,
      findings: data.findings ?? [],
      ...(data.draft ? { draft: data.draft } : {}),
    };
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (error.offline || error.status >= 502) return { kind: 'offline' };
    const { clashes, draft, draftRev } = error.problem as unknown as {
      clashes?: Clash[];
      draft?: ProcessDocument;
      draftRev?: number;
    };
    if (error.status === 409 && draft && draftRev !== undefined) {
      return { kind: 'clash', rev: draftRev, draft, clashes: clashes ?? [] };
    }
    return { kind: 'refused', error };
  }
}

export type Published = gen.DefinitionPublished;

export const publish = (key: string, body: { note: string; confirm: string[] }, rev: number) =>
  api.post<Published>(`${path(key)}/versions`, body, { rev });

export const restoreVersion = (key: string, version: number, rev: number) =>
  api.post<DraftReply>(`${path(key)}/restore`, { version }, { rev });

export type BpmnFinding = {
  rule: string;
  severity: 'error' | 'warning';
  element?: string;
  id?: string;
  name?: string;
  line?: number;
  column?: number;
  message: string;
  remedy?: string;
  data?: Record<string, string>;
};

export type BpmnReport = {
  refused: boolean;
  created: boolean;
  findings: BpmnFinding[];
  processes: { key: string; name: string; executable: boolean; nodes: number }[];
};

export type BpmnOptions = { runnable: boolean; servicesToPeople: boolean };

/** Sends a BPMN file; a trial makes nothing. */
export const importBpmn = (file: File, options: BpmnOptions, dryRun: boolean) =>
  request<BpmnReport>('POST', '/definitions/import', {
    body: new Blob([file], { type: 'application/xml' }),
    query: {
      dryRun: dryRun || undefined,
      runnable: options.runnable || undefined,
      robot: options.servicesToPeople ? '*=userTask' : undefined,
    },
  }).then(({ data }) => data);

export const bpmnAddress = (key: string) => buildUrl(`${path(key)}/bpmn`);
