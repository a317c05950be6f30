import { indexOf, snapshot, takenIds } from '../document';
import { boundsOf, positionsOf, rectOf, snap } from '../geometry';
import type { KindTable } from '../kinds';
import { noteRect } from '../notes';
import { insideOf } from '../scopes';
import type { Flow, Group, Note, Point, ProcessDocument, ProcessNode } from '../types';
import { freeId } from './ids';
import { layoutOf, pinLayout, place } from './place';
import { fitFrames, scopeAt } from './scope';

export interface Steps {
  readonly nodes: readonly ProcessNode[];
  readonly flows: readonly Flow[];
  readonly layout: Readonly<Record<string, { at?: Point; bends?: Point[]; color?: string }>>;
  readonly notes?: readonly Note[];
  readonly groups?: readonly Group[];
}

/** The chosen nodes with their boundary events and the flows between them, ready for the clipboard. */
export function pickSteps(edited: ProcessDocument, kinds: KindTable, ids: Iterable<string>): Steps {
  const document = snapshot(edited);
  const wanted = [...ids];
  const members = (document.groups ?? [])
    .filter(({ id }) => wanted.includes(id))
    .flatMap(({ nodes }) => nodes ?? []);
  const chosen = new Set([...wanted, ...members, ...insideOf(document, [...wanted, ...members])]);
  const nodes = document.nodes.filter(
    (node) => chosen.has(node.id) || (node.attachedTo !== undefined && chosen.has(node.attachedTo)),
  );
  const inside = new Set(nodes.map((node) => node.id));
  const flows = document.flows.filter((flow) => inside.has(flow.from) && inside.has(flow.to));
  const places = positionsOf(kinds, document);
  const layout: Record<string, { at?: Point; bends?: Point[]; color?: string }> = {};
  for (const node of nodes) if (!node.attachedTo) layout[node.id] = { at: places.get(node.id) ?? [0, 0] };
  for (const flow of flows) {
    const bends = document.layout?.[flow.id]?.bends;
    if (bends) layout[flow.id] = { bends };
  }
  const notes = (document.notes ?? []).filter((note) => chosen.has(note.id));
  // A group goes along when it was chosen, or when all that is in it was.
  const groups = (document.groups ?? [])
    .filter(({ id, nodes: members = [] }) => chosen.has(id) || members.every((member) => inside.has(member)))
    .map((group) => ({ ...group, nodes: (group.nodes ?? []).filter((member) => inside.has(member)) }))
    .filter((group) => group.nodes.length > 0);
  for (const { id } of [...nodes, ...notes, ...groups]) {
    const color = document.layout?.[id]?.color;
    if (color !== undefined) layout[id] = { ...layout[id], color };
  }
  return {
    nodes,
    flows,
    layout,
    ...(notes.length > 0 ? { notes } : {}),
    ...(groups.length > 0 ? { groups } : {}),
  };
}

/**
 * Adds steps under new ids. `at` is the wanted top left corner of their bounding box; without it they come 40 px
 * right of and below their old places. References to steps outside keep their text and are found by the checks.
 */
export function pasteSteps(document: ProcessDocument, kinds: KindTable, steps: Steps, at?: Point): string[] {
  pinLayout(document, kinds);
  const taken = takenIds(snapshot(document));
  const renamed = new Map<string, string>();
  const rename = (id: string): string => {
    const stem = id.replace(/\d+$/, '') || id;
    const fresh = taken.has(id) ? freeId(stem, (candidate) => taken.has(candidate)) : id;
    taken.add(fresh);
    renamed.set(id, fresh);
    return fresh;
  };
  for (const node of steps.nodes) rename(node.id);
  for (const flow of steps.flows) rename(flow.id);
  for (const { id } of [...(steps.notes ?? []), ...(steps.groups ?? [])]) rename(id);
  const ids: string[] = [];
  const box = boundsOf([
    ...steps.nodes
      .filter((node) => !node.attachedTo || !renamed.has(node.attachedTo))
      .map((node) => rectOf(kinds, node, steps.layout[node.id]?.at ?? [0, 0])),
    ...(steps.notes ?? []).map(noteRect),
  ]);
  const around = at ? scopeAt(document, kinds, at) : undefined;
  const dx = at ? snap(at[0] - box.x) : 2 * 20;
  const dy = at ? snap(at[1] - box.y) : 2 * 20;
  for (const original of steps.nodes) {
    const node = rewriteSteps(structuredClone(original) as ProcessNode, renamed);
    node.id = renamed.get(original.id) as string;
    if (node.attachedTo) {
      const host = renamed.get(node.attachedTo);
      if (host) node.attachedTo = host;
      else delete node.attachedTo;
    }
    const scope = node.parent === undefined ? undefined : renamed.get(node.parent);
    if (scope !== undefined) node.parent = scope;
    else putPasted(document, node, around);
    if (node.default) {
      const flow = renamed.get(node.default);
      if (flow) node.default = flow;
      else delete node.default;
    }
    document.nodes.push(node);
    const from = steps.layout[original.id]?.at;
    if (from && !node.attachedTo) place(document, node.id, [from[0] + dx, from[1] + dy]);
    ids.push(node.id);
  }
  for (const original of steps.flows) {
    const flow = rewriteSteps(structuredClone(original) as Flow, renamed);
    flow.id = renamed.get(original.id) as string;
    flow.from = renamed.get(original.from) as string;
    flow.to = renamed.get(original.to) as string;
    document.flows.push(flow);
    const bends = steps.layout[original.id]?.bends;
    if (bends) layoutOf(document)[flow.id] = { bends: bends.map(([x, y]) => [x + dx, y + dy]) };
  }
  for (const original of steps.notes ?? []) {
    const note: Note = structuredClone(original);
    note.id = renamed.get(original.id) as string;
    const [x, y] = original.at ?? [0, 0];
    note.at = [x + dx, y + dy];
    const tied = note.node === undefined ? undefined : renamed.get(note.node);
    if (tied === undefined) delete note.node;
    else note.node = tied;
    document.notes ??= [];
    document.notes.push(note);
    ids.push(note.id);
  }
  for (const original of steps.groups ?? []) {
    const nodes = (original.nodes ?? []).flatMap((id) => renamed.get(id) ?? []);
    document.groups ??= [];
    document.groups.push({ ...structuredClone(original), id: renamed.get(original.id) as string, nodes });
  }
  for (const [id, { color }] of Object.entries(steps.layout)) {
    const fresh = renamed.get(id);
    if (color === undefined || fresh === undefined) continue;
    const layout = layoutOf(document);
    layout[fresh] = { ...layout[fresh], color };
  }
  fitFrames(document, kinds);
  return ids;
}

/** Pasted at a point, a step goes into the sub-process there; duplicated, it stays beside its original. */
function putPasted(document: ProcessDocument, node: ProcessNode, around: string | undefined): void {
  const kept =
    node.parent !== undefined && indexOf(document).nodes.has(node.parent) ? node.parent : undefined;
  const scope = around ?? kept;
  if (scope === undefined) delete node.parent;
  else node.parent = scope;
}

/** Expressions of pasted steps that read one another's results follow the new ids. */
function rewriteSteps<T>(value: T, renamed: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') {
    return value.replace(/\bsteps\.([A-Za-z_]\w*)/g, (whole, id: string) => {
      const fresh = renamed.get(id);
      return fresh ? `steps.${fresh}` : whole;
    }) as T;
  }
  if (Array.isArray(value)) return value.map((item) => rewriteSteps(item, renamed)) as T;
  if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      (value as Record<string, unknown>)[key] = rewriteSteps(item, renamed);
    }
  }
  return value;
}
