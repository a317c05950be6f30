import { indexOf, nodeToEdit, snapshot } from '../document';
import { drawnGeometry, framesOf, type Rect, snap } from '../geometry';
import type { KindTable } from '../kinds';
import { ancestorsOf, isContainer, isOpen, parentsOf } from '../scopes';
import type { Point, ProcessDocument } from '../types';
import { layoutOf, moveNodes, pinLayout, rects, shiftRight } from './place';

/** The innermost open sub-process round a point, not looking into those of `except`. */
export function scopeAt(
  document: ProcessDocument,
  kinds: KindTable,
  [x, y]: Point,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  const plain = snapshot(document);
  if (!hasFrames(plain)) return undefined;
  let hit: string | undefined;
  let area = Number.POSITIVE_INFINITY;
  for (const [id, rect] of framesOf(kinds, plain)) {
    const around = ancestorsOf(plain, id);
    if (except.has(id) || around.some((outer) => except.has(outer))) continue;
    if (around.some((outer) => plain.layout?.[outer]?.collapsed)) continue;
    if (x < rect.x || y < rect.y || x > rect.x + rect.width || y > rect.y + rect.height) continue;
    if (rect.width * rect.height >= area) continue;
    hit = id;
    area = rect.width * rect.height;
  }
  return hit;
}

function hasFrames(document: ProcessDocument): boolean {
  return snapshot(document).nodes.some(isContainer);
}

/** Stores how large open sub-processes have become; what lies right of one that grew makes room. */
export function fitFrames(document: ProcessDocument, kinds: KindTable): void {
  if (!hasFrames(document)) return;
  const depth = (id: string): number => ancestorsOf(snapshot(document), id).length;
  const ids = [...framesOf(kinds, document).keys()].sort((a, b) => depth(b) - depth(a));
  for (const id of ids) {
    const frame = framesOf(kinds, document).get(id) as Rect;
    const entry = snapshot(document).layout?.[id];
    const before = entry?.at && entry.size ? entry.at[0] + entry.size[0] : undefined;
    const size: Point = [Math.round(frame.width), Math.round(frame.height)];
    const at: Point = [Math.round(frame.x), Math.round(frame.y)];
    if (
      entry?.at?.[0] === at[0] &&
      entry.at[1] === at[1] &&
      entry.size?.[0] === size[0] &&
      entry.size[1] === size[1]
    )
      continue;
    layoutOf(document)[id] = { ...entry, at, size };
    const grown = before === undefined ? 0 : at[0] + size[0] - before;
    if (grown > 0) shiftRight(document, kinds, (before as number) - 1, snap(grown + 9), new Set([id]), id);
  }
}

/** Folds a sub-process away or opens it in its place; its neighbours on the right close up or make room. */
export function setCollapsed(
  document: ProcessDocument,
  kinds: KindTable,
  id: string,
  collapsed: boolean,
): void {
  pinLayout(document, kinds);
  const node = indexOf(document).nodes.get(id);
  if (!node || !isContainer(node) || isOpen(snapshot(document), node) !== collapsed) return;
  const rectNow = (): Rect => rects(document, kinds).get(id) as Rect;
  const before = rectNow();
  const entry = layoutOf(document)[id];
  if (collapsed) layoutOf(document)[id] = { ...entry, collapsed: true };
  else if (entry) delete entry.collapsed;
  const after = rectNow();
  const by = after.width - before.width;
  // A folded sub-process keeps the middle of its left side, so that flows stay straight.
  const dy = Math.round(before.y + before.height / 2 - (after.y + after.height / 2));
  if (dy !== 0) moveNodes(document, new Map([[id, [after.x, after.y + dy]]]));
  shiftRight(document, kinds, before.x + before.width - 1, by, new Set([id]), id);
  fitFrames(document, kinds);
}

/**
 * Moves nodes, and into or out of sub-processes when they were dropped there. A node that is connected to others that
 * stay cannot leave them: it stays in its scope and is returned.
 */
export function moveInto(
  document: ProcessDocument,
  kinds: KindTable,
  places: ReadonlyMap<string, Point>,
): string[] {
  const plain = snapshot(document);
  if (!plain.nodes.some(isContainer)) {
    moveNodes(document, places);
    return [];
  }
  pinLayout(document, kinds);
  const before = snapshot(document);
  const parents = parentsOf(before);
  const { nodes, attached } = indexOf(before);
  const moved = new Set(places.keys());
  const roots = [...moved].filter(
    (id) => !nodes.get(id)?.attachedTo && !ancestorsOf(before, id).some((outer) => moved.has(outer)),
  );
  const wanted = new Map<string, string | undefined>();
  for (const id of roots) {
    const node = nodes.get(id);
    const at = places.get(id);
    if (!node || !at) continue;
    const { width, height } = drawnGeometry(kinds, before, node);
    const scope = scopeAt(before, kinds, [at[0] + width / 2, at[1] + height / 2], new Set([id]));
    if (scope !== parents.get(id)) wanted.set(id, scope);
  }
  // Attached events go with their host; what is connected goes together or not at all.
  const follows = (id: string): string => nodes.get(id)?.attachedTo ?? id;
  const refused = new Set<string>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const flow of before.flows) {
      const [a, b] = [follows(flow.from), follows(flow.to)];
      const to = (id: string): string | undefined => (wanted.has(id) ? wanted.get(id) : parents.get(id));
      if (to(a) === to(b) || parents.get(a) !== parents.get(b)) continue;
      for (const id of [a, b]) {
        if (!wanted.delete(id)) continue;
        refused.add(id);
        changed = true;
      }
    }
  }
  moveNodes(document, places);
  for (const [id, scope] of wanted) {
    for (const each of [id, ...(attached.get(id) ?? []).map((event) => event.id)]) {
      const node = nodeToEdit(document, each);
      if (!node) continue;
      if (scope === undefined) delete node.parent;
      else node.parent = scope;
    }
  }
  fitFrames(document, kinds);
  return [...refused];
}
