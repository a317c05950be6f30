import { flowToEdit, indexOf, nodeToEdit, snapshot, takenIds } from '../document';
import { boundsOf, drawnGeometry, type Rect, snap } from '../geometry';
import type { KindTable } from '../kinds';
import { CONTAINER, insideOf, isContainer, isOpen, parentsOf } from '../scopes';
import type { Flow, Point, ProcessDocument, ProcessNode } from '../types';
import { freeId, newFlowId } from './ids';
import { dropGroups, leaveGroups } from './notes';
import { dropBends, GAP_X, layoutOf, moveNodes, pinLayout, place, rects, shiftRight } from './place';
import { setCollapsed } from './scope';

/** Why steps cannot become a sub-process; a key of `extract.*`. */
export type ExtractRefusal = 'none' | 'scopes' | 'ends' | 'entries' | 'exits' | 'hosts' | 'event';

/** Why a sub-process cannot be dissolved; a key of `dissolve.*`. */
export type DissolveRefusal = 'kind' | 'start' | 'attached' | 'own' | 'ends' | 'exits' | 'parallel';

const GATEWAYS = /^(parallel|inclusive|complex)/;

interface Cut {
  readonly members: ReadonlySet<string>;
  readonly parent: string | undefined;
  readonly into: readonly Flow[];
  readonly outOf: readonly Flow[];
}

/** Where chosen steps are cut out of their process, or why they cannot be. */
function cutOf(document: ProcessDocument, ids: Iterable<string>): Cut | ExtractRefusal {
  const { nodes } = indexOf(document);
  const parents = parentsOf(document);
  const chosen = new Set([...ids].filter((id) => nodes.has(id)));
  const inside = insideOf(document, chosen);
  for (const id of inside) chosen.delete(id);
  for (const { id, attachedTo } of document.nodes) {
    if (attachedTo !== undefined && chosen.has(attachedTo)) chosen.add(id);
  }
  const roots = [...chosen].map((id) => nodes.get(id) as ProcessNode);
  const [first] = roots;
  if (!first) return 'none';
  const parent = parents.get(first.id);
  if (roots.some(({ id }) => parents.get(id) !== parent)) return 'scopes';
  if (roots.some(({ kind }) => kind === 'startEvent' || kind === 'endEvent')) return 'ends';
  if (roots.some(({ attachedTo }) => attachedTo !== undefined && !chosen.has(attachedTo))) return 'hosts';
  // What has no way in is started by an event of its own, and belongs to the process.
  if (roots.some((node) => node.event === true)) return 'event';
  const into = document.flows.filter(({ from, to }) => !chosen.has(from) && chosen.has(to));
  const outOf = document.flows.filter(({ from, to }) => chosen.has(from) && !chosen.has(to));
  if (new Set(into.map(({ to }) => to)).size !== 1) return 'entries';
  if (new Set(outOf.map(({ to }) => to)).size > 1) return 'exits';
  return { members: chosen, parent, into, outOf };
}

export function extractRefusal(document: ProcessDocument, ids: Iterable<string>): ExtractRefusal | undefined {
  const cut = cutOf(snapshot(document), ids);
  return typeof cut === 'string' ? cut : undefined;
}

/**
 * Puts chosen steps into a new sub-process in their place, folded. There is one way in and at most one way out: flows
 * that led to the steps lead to it, flows that left them end inside, and one goes on from it. Returns its id.
 */
export function extract(
  document: ProcessDocument,
  kinds: KindTable,
  ids: Iterable<string>,
  name: string,
): string | undefined {
  const cut = cutOf(snapshot(document), ids);
  if (typeof cut === 'string') return undefined;
  pinLayout(document, kinds);
  const places = rects(document, kinds);
  const box = boundsOf([...cut.members].map((id) => places.get(id) as Rect));
  const { members, parent, into, outOf } = cut;
  const added = (kind: string, stem: string, within: string | undefined): ProcessNode => {
    const taken = takenIds(snapshot(document));
    const node: ProcessNode = { id: freeId(stem, (id) => taken.has(id)), kind };
    if (within !== undefined) node.parent = within;
    document.nodes.push(node);
    return node;
  };
  const join = (from: string, to: string): void => {
    document.flows.push({ id: newFlowId(document), from, to });
  };
  const { id: scope } = added(CONTAINER, CONTAINER, parent);
  const named = nodeToEdit(document, scope);
  if (named) named.name = name;
  const start = added('startEvent', 'start', scope).id;
  for (const id of members) {
    const node = nodeToEdit(document, id);
    if (node) node.parent = scope;
  }
  const entry = (into[0] as Flow).to;
  join(start, entry);
  for (const { id } of into) {
    const flow = flowToEdit(document, id);
    if (flow) flow.to = scope;
  }
  const middle = (id: string): number => {
    const rect = places.get(id) as Rect;
    return rect.y + rect.height / 2;
  };
  const [exit] = outOf;
  if (exit) {
    const end = added('endEvent', 'end', scope).id;
    place(document, end, [box.x + box.width + GAP_X, middle(exit.from) - 32]);
    for (const { id } of outOf) {
      const flow = flowToEdit(document, id);
      if (flow) flow.to = end;
    }
    join(scope, exit.to);
  }
  const plain = snapshot(document);
  const opening = plain.nodes.find(({ id }) => id === start) as ProcessNode;
  place(document, start, [box.x - GAP_X - drawnGeometry(kinds, plain, opening).width, middle(entry) - 32]);
  dropBends(
    document,
    [...into, ...outOf].map(({ id }) => id),
  );
  // Folded it stands where the first of the steps stood, so that flows stay straight.
  layoutOf(document)[scope] = { collapsed: true };
  place(document, scope, [box.x, middle(entry) - 32]);
  return scope;
}

interface Seam {
  readonly node: ProcessNode;
  readonly start: string;
  readonly entry: string;
  readonly ends: readonly string[];
  /** Flows inside that lead to an end. */
  readonly closing: readonly Flow[];
  readonly exit: Flow | undefined;
}

/** How a sub-process is joined to what is around it, or why it cannot be taken apart. */
function seamOf(document: ProcessDocument, id: string): Seam | DissolveRefusal {
  const { nodes, incoming, outgoing, attached } = indexOf(document);
  const node = nodes.get(id);
  if (!node || !isContainer(node) || node.event === true || node.transaction === true || node.adHoc)
    return 'kind';
  if (node.loop || node.each || node.disabled) return 'kind';
  const variables = node.variables as readonly unknown[] | undefined;
  if (variables && variables.length > 0) return 'own';
  if ((attached.get(id) ?? []).length > 0) return 'attached';
  const inner = document.nodes.filter(({ parent }) => parent === id);
  if (inner.some((step) => step.event === true)) return 'own';
  const starts = inner.filter(({ kind }) => kind === 'startEvent');
  const [start] = starts;
  const [opening, second] = start ? (outgoing.get(start.id) ?? []) : [];
  if (!start || starts.length > 1 || start.trigger || !opening || second) return 'start';
  const ends = inner.filter(({ kind }) => kind === 'endEvent');
  if (ends.some((end) => end.effect !== undefined || end.trigger !== undefined)) return 'ends';
  const [exit, another] = outgoing.get(id) ?? [];
  if (another || exit?.when !== undefined || exit?.port !== undefined) return 'exits';
  const closing = ends.flatMap((end) => incoming.get(end.id) ?? []);
  const splits = inner.some(
    (step) =>
      GATEWAYS.test(step.kind) ||
      (!/Gateway$/.test(step.kind) && (outgoing.get(step.id) ?? []).filter((flow) => !flow.port).length > 1),
  );
  // A sub-process goes on once when all in it has ended; loose branches would go on once each.
  if (exit && splits && closing.length > 1) return 'parallel';
  if (exit && closing.some(({ from }) => from === start.id)) return 'start';
  return { node, start: start.id, entry: opening.to, ends: ends.map((end) => end.id), closing, exit };
}

export function dissolveRefusal(document: ProcessDocument, id: string): DissolveRefusal | undefined {
  const seam = seamOf(snapshot(document), id);
  return typeof seam === 'string' ? seam : undefined;
}

/**
 * The steps of a folded sub-process come to stand where it stands, the first of them in its place: so they are where they
 * were before they were put into it. What is right of it makes room as far as they need it.
 */
function unpack(document: ProcessDocument, kinds: KindTable, { node, start, entry, ends, exit }: Seam): void {
  const before = snapshot(document);
  if (isOpen(before, node)) return;
  pinLayout(document, kinds);
  const folded = rects(document, kinds).get(node.id) as Rect;
  setCollapsed(document, kinds, node.id, false);
  const places = rects(document, kinds);
  const gone = new Set([start, ...(exit ? ends : [])]);
  const stay = before.nodes.filter(({ id, parent }) => parent === node.id && !gone.has(id));
  const box = boundsOf(stay.map(({ id }) => places.get(id) as Rect));
  const first = places.get(entry) as Rect;
  const by = [folded.x - box.x, folded.y + folded.height / 2 - (first.y + first.height / 2)] as const;
  const inside = insideOf(before, new Set([node.id]));
  const moved = new Map<string, Point>();
  for (const { id } of before.nodes) {
    const place = places.get(id) as Rect;
    const was = before.layout?.[id]?.at;
    // Opening it has pushed the others aside, for the frame that is not to be.
    if (inside.has(id)) moved.set(id, [place.x + by[0], place.y + by[1]]);
    else if (id !== node.id && was) moved.set(id, [was[0], was[1]]);
  }
  moveNodes(document, moved);
  const edge = folded.x + folded.width - 1;
  const right = before.nodes
    .filter(({ id, parent }) => id !== node.id && parent === node.parent && !inside.has(id))
    .map(({ id }) => (rects(document, kinds).get(id) as Rect).x)
    .filter((x) => x >= edge);
  const room = folded.x + box.width + GAP_X / 2 - Math.min(...right);
  if (room > 0) shiftRight(document, kinds, edge, snap(room + 9), new Set([node.id]), node.id);
}

/** Takes a sub-process apart: its steps stand where it stood, joined to what was around it. Returns them. */
export function dissolve(document: ProcessDocument, kinds: KindTable, id: string): string[] {
  const seam = seamOf(snapshot(document), id);
  if (typeof seam === 'string') return [];
  const { node, start, entry, ends, closing, exit } = seam;
  unpack(document, kinds, seam);
  const before = snapshot(document);
  const gone = new Set([id, start, ...(exit ? ends : [])]);
  const freed: string[] = [];
  for (const step of before.nodes) {
    if (step.parent !== id || gone.has(step.id)) continue;
    freed.push(step.id);
    const edited = nodeToEdit(document, step.id);
    if (!edited) continue;
    if (node.parent === undefined) delete edited.parent;
    else edited.parent = node.parent;
  }
  const touched: string[] = [];
  for (const flow of before.flows) {
    const edited =
      flow.to === id || closing.some((known) => known.id === flow.id)
        ? flowToEdit(document, flow.id)
        : undefined;
    if (!edited) continue;
    if (flow.to === id) edited.to = entry;
    else if (exit) edited.to = exit.to;
    touched.push(flow.id);
  }
  document.nodes = snapshot(document).nodes.filter((step) => !gone.has(step.id));
  document.flows = snapshot(document).flows.filter(
    (flow) => flow.id !== exit?.id && !gone.has(flow.from) && !gone.has(flow.to),
  );
  dropBends(document, touched);
  for (const each of [...gone, ...(exit ? [exit.id] : [])])
    if (document.layout?.[each]) delete document.layout[each];
  dropGroups(document, gone);
  leaveGroups(document, gone);
  for (const note of document.notes ?? [])
    if (note.node !== undefined && gone.has(note.node)) delete note.node;
  return freed;
}
