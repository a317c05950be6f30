import { indexOf, snapshot } from '../document';
import { positionsOf, type Rect, rectOf } from '../geometry';
import type { KindTable } from '../kinds';
import { ancestorsOf, insideOf, parentsOf } from '../scopes';
import type { Point, ProcessDocument } from '../types';

export const GAP_X = 80;

export const GAP_Y = 40;

export function layoutOf(document: ProcessDocument): NonNullable<ProcessDocument['layout']> {
  document.layout ??= {};
  return document.layout;
}

export function place(document: ProcessDocument, id: string, at: Point): void {
  const layout = layoutOf(document);
  layout[id] = { ...layout[id], at: [Math.round(at[0]), Math.round(at[1])] };
}

/** The stored bends of these flows no longer fit; they are routed anew. */
export function dropBends(document: ProcessDocument, flowIds: Iterable<string>): void {
  const layout = document.layout;
  if (!layout) return;
  for (const id of flowIds) {
    const entry = layout[id];
    if (!entry?.bends) continue;
    delete entry.bends;
    if (Object.keys(entry).length === 0) delete layout[id];
  }
}

/** Stores the places that are shown but not written yet, so that an edit next to them does not make them jump. */
export function pinLayout(document: ProcessDocument, kinds: KindTable): void {
  const plain = snapshot(document);
  if (plain.nodes.every((node) => plain.layout?.[node.id]?.at || node.attachedTo)) return;
  const places = positionsOf(kinds, plain);
  for (const node of plain.nodes) {
    const at = places.get(node.id);
    if (at && !node.attachedTo && !plain.layout?.[node.id]?.at) place(document, node.id, at);
  }
}

export function rects(edited: ProcessDocument, kinds: KindTable): Map<string, Rect> {
  const document = snapshot(edited);
  const places = positionsOf(kinds, document);
  return new Map(
    document.nodes.map((node) => [node.id, rectOf(kinds, node, places.get(node.id) ?? [0, 0], document)]),
  );
}

/** Moves nodes to new places, sub-processes with all that is in them. Bends of flows between moved nodes move along; other bends at moved nodes are dropped. */
export function moveNodes(document: ProcessDocument, places: ReadonlyMap<string, Point>): void {
  const plain = snapshot(document);
  const { nodes } = indexOf(plain);
  const deltas = new Map<string, Point>();
  for (const [id, at] of withInner(plain, places)) {
    if (nodes.get(id)?.attachedTo) continue;
    const before = plain.layout?.[id]?.at;
    if (before && before[0] === Math.round(at[0]) && before[1] === Math.round(at[1])) continue;
    place(document, id, at);
    deltas.set(id, before ? [Math.round(at[0]) - before[0], Math.round(at[1]) - before[1]] : [0, 0]);
  }
  if (deltas.size === 0) return;
  const layout = layoutOf(document);
  const deltaOf = (id: string): Point | undefined =>
    deltas.get(id) ?? deltas.get(nodes.get(id)?.attachedTo ?? '');
  for (const flow of plain.flows) {
    const bends = plain.layout?.[flow.id]?.bends;
    if (!bends) continue;
    const a = deltaOf(flow.from);
    const b = deltaOf(flow.to);
    if (!a && !b) continue;
    if (a && b && a[0] === b[0] && a[1] === b[1]) {
      layout[flow.id] = { ...plain.layout?.[flow.id], bends: bends.map(([x, y]) => [x + a[0], y + a[1]]) };
    } else {
      dropBends(document, [flow.id]);
    }
  }
}

/** The places together with those of the steps inside moved sub-processes. */
function withInner(plain: ProcessDocument, places: ReadonlyMap<string, Point>): ReadonlyMap<string, Point> {
  const inner = insideOf(plain, places.keys());
  if (inner.size === 0) return places;
  const all = new Map(places);
  for (const id of inner) {
    const at = plain.layout?.[id]?.at;
    // The innermost moved sub-process round it says how far it goes.
    const carrier = ancestorsOf(plain, id).find((outer) => places.has(outer));
    const from = carrier === undefined ? undefined : plain.layout?.[carrier]?.at;
    const to = carrier === undefined ? undefined : places.get(carrier);
    if (all.has(id) || !at || !from || !to) continue;
    all.set(id, [at[0] + to[0] - from[0], at[1] + to[1] - from[1]]);
  }
  return all;
}

export function shiftRight(
  document: ProcessDocument,
  kinds: KindTable,
  from: number,
  by: number,
  except: ReadonlySet<string>,
  beside: string,
): void {
  const moved = new Map<string, Point>();
  const plain = snapshot(document);
  const parents = parentsOf(plain);
  const scope = parents.get(beside);
  for (const [id, at] of positionsOf(kinds, plain)) {
    if (!except.has(id) && at[0] >= from && parents.get(id) === scope) moved.set(id, [at[0] + by, at[1]]);
  }
  moveNodes(document, moved);
}

/** Whether a person put the node where it is. */
export function isPlaced(document: Pick<ProcessDocument, 'layout'>, id: string): boolean {
  return document.layout?.[id]?.placed === true;
}

/** Marks nodes as put where they are by a person, or takes the mark away. What hangs on a step has no place of its own. */
export function setPlaced(document: ProcessDocument, ids: Iterable<string>, placed: boolean): void {
  const plain = snapshot(document);
  const { nodes } = indexOf(plain);
  const layout = layoutOf(document);
  for (const id of ids) {
    const node = nodes.get(id);
    if (!node || node.attachedTo || isPlaced(plain, id) === placed) continue;
    if (placed) layout[id] = { ...layout[id], placed };
    else delete layout[id]?.placed;
  }
}

/**
 * Places and bends from the layout worker. Flows without bends in `bends` are routed by the canvas. What was laid out is
 * no longer where a person put it, except for what `kept` says.
 */
export function applyLayout(
  document: ProcessDocument,
  places: ReadonlyMap<string, Point>,
  bends: ReadonlyMap<string, Point[]>,
  sizes: ReadonlyMap<string, Point> = new Map(),
  kept: ReadonlySet<string> = new Set(),
): void {
  moveNodes(document, places);
  setPlaced(
    document,
    [...places.keys()].filter((id) => !kept.has(id)),
    false,
  );
  const layout = layoutOf(document);
  for (const [id, size] of sizes) layout[id] = { ...layout[id], size };
  for (const [id, points] of bends) {
    if (points.length > 0)
      layout[id] = { ...layout[id], bends: points.map(([x, y]) => [Math.round(x), Math.round(y)]) };
    else dropBends(document, [id]);
  }
}
