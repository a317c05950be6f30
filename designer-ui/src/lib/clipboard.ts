import type { Steps } from './process/edits';
import type { Flow, Group, Note, Point, ProcessDocument, ProcessNode } from './process/types';

/**
 * Steps as plain text on the clipboard, so that they paste across definitions, tabs, servers and into chat.
 * `navigator.clipboard` does not exist on plain-http origins: use the `copy` and `paste` DOM events.
 */
export const STEPS_KIND = 'designer/steps@1';

export function writeSteps(steps: Steps): string {
  return JSON.stringify(
    {
      kind: STEPS_KIND,
      nodes: steps.nodes,
      edges: steps.flows,
      layout: steps.layout,
      notes: steps.notes,
      groups: steps.groups,
    },
    undefined,
    1,
  );
}

export type Pasted =
  | { readonly kind: 'steps'; readonly steps: Steps }
  | { readonly kind: 'document'; readonly document: ProcessDocument }
  | { readonly kind: 'malformed'; readonly reason: 'json' | 'nodes' | 'edges' }
  | { readonly kind: 'other' };

/** What a pasted text is. Text that does not claim to be ours is `other` and is ignored without a word. */
export function readPaste(text: string): Pasted {
  const claims = text.includes('designer/steps@') || text.includes('fluxo/process@');
  if (!claims) return { kind: 'other' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'malformed', reason: 'json' };
  }
  if (!isObject(value)) return { kind: 'other' };
  if (typeof value.format === 'string' && value.format.startsWith('fluxo/process@')) {
    const document = value as unknown as ProcessDocument;
    const problem = listProblem(document.nodes, document.flows);
    return problem ? { kind: 'malformed', reason: problem } : { kind: 'document', document };
  }
  if (value.kind !== STEPS_KIND) return { kind: 'other' };
  const edges = value.edges ?? [];
  const notes = (Array.isArray(value.notes) ? value.notes : []).filter(isNote);
  // Notes may be copied without a step.
  const alone = notes.length > 0 && Array.isArray(value.nodes) && value.nodes.length === 0;
  const problem = alone ? undefined : listProblem(value.nodes, edges);
  if (problem) return { kind: 'malformed', reason: problem };
  const groups = (Array.isArray(value.groups) ? value.groups : []).filter(isGroup);
  return {
    kind: 'steps',
    steps: {
      nodes: value.nodes as ProcessNode[],
      flows: edges as Flow[],
      layout: readLayout(value.layout),
      ...(notes.length > 0 ? { notes } : {}),
      ...(groups.length > 0 ? { groups } : {}),
    },
  };
}

function listProblem(nodes: unknown, flows: unknown): 'nodes' | 'edges' | undefined {
  const isNode = (item: unknown): boolean =>
    isObject(item) && typeof item.id === 'string' && typeof item.kind === 'string';
  const isFlow = (item: unknown): boolean =>
    isObject(item) &&
    typeof item.id === 'string' &&
    typeof item.from === 'string' &&
    typeof item.to === 'string';
  if (!Array.isArray(nodes) || nodes.length === 0 || !nodes.every(isNode)) return 'nodes';
  if (!Array.isArray(flows) || !flows.every(isFlow)) return 'edges';
  const known = new Set((nodes as ProcessNode[]).map((node) => node.id));
  return (flows as Flow[]).every((flow) => known.has(flow.from) && known.has(flow.to)) ? undefined : 'edges';
}

function isNote(value: unknown): value is Note {
  if (!isObject(value) || typeof value.id !== 'string' || typeof value.text !== 'string') return false;
  return (value.at === undefined || isPoint(value.at)) && (value.size === undefined || isPoint(value.size));
}

function isGroup(value: unknown): value is Group {
  if (!isObject(value) || typeof value.id !== 'string' || !Array.isArray(value.nodes)) return false;
  return value.nodes.every((id) => typeof id === 'string');
}

function readLayout(value: unknown): Steps['layout'] {
  if (!isObject(value)) return {};
  const layout: Record<string, { at?: Point; bends?: Point[]; color?: string }> = {};
  for (const [id, entry] of Object.entries(value)) {
    if (!isObject(entry)) continue;
    const known: { at?: Point; bends?: Point[]; color?: string } = {};
    if (isPoint(entry.at)) known.at = entry.at;
    else if (Array.isArray(entry.bends) && entry.bends.every(isPoint)) known.bends = entry.bends;
    if (typeof entry.color === 'string') known.color = entry.color;
    layout[id] = known;
  }
  return layout;
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
