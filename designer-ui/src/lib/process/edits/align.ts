import { snapshot } from '../document';
import { boundsOf, type Rect } from '../geometry';
import type { KindTable } from '../kinds';
import { noteRect } from '../notes';
import { ancestorsOf } from '../scopes';
import type { Point, ProcessDocument } from '../types';
import { moveNotes } from './notes';
import { moveNodes, pinLayout, rects } from './place';
import { fitFrames } from './scope';

export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom';
export type Axis = 'horizontal' | 'vertical';

/** Rectangles of the chosen nodes and notes that can be moved by themselves. */
function movable(document: ProcessDocument, kinds: KindTable, ids: Iterable<string>): Map<string, Rect> {
  const plain = snapshot(document);
  const chosen = new Set(ids);
  const all = rects(plain, kinds);
  const result = new Map<string, Rect>();
  for (const node of plain.nodes) {
    if (!chosen.has(node.id) || node.attachedTo) continue;
    // What is inside a chosen sub-process goes with it.
    if (ancestorsOf(plain, node.id).some((outer) => chosen.has(outer))) continue;
    result.set(node.id, all.get(node.id) as Rect);
  }
  for (const note of plain.notes ?? []) if (chosen.has(note.id)) result.set(note.id, noteRect(note));
  return result;
}

function moveBoth(document: ProcessDocument, kinds: KindTable, places: ReadonlyMap<string, Point>): void {
  const notes = new Set(snapshot(document).notes?.map(({ id }) => id));
  moveNodes(document, new Map([...places].filter(([id]) => !notes.has(id))));
  moveNotes(document, new Map([...places].filter(([id]) => notes.has(id))));
  fitFrames(document, kinds);
}

/** Lines the elements up along one side or middle of what they take together. */
export function alignElements(
  document: ProcessDocument,
  kinds: KindTable,
  ids: Iterable<string>,
  to: Alignment,
): void {
  pinLayout(document, kinds);
  const chosen = movable(document, kinds, ids);
  if (chosen.size < 2) return;
  const box = boundsOf(chosen.values());
  const places = new Map<string, Point>();
  for (const [id, { x, y, width, height }] of chosen) {
    places.set(
      id,
      to === 'left'
        ? [box.x, y]
        : to === 'right'
          ? [box.x + box.width - width, y]
          : to === 'centre'
            ? [box.x + (box.width - width) / 2, y]
            : to === 'top'
              ? [x, box.y]
              : to === 'bottom'
                ? [x, box.y + box.height - height]
                : [x, box.y + (box.height - height) / 2],
    );
  }
  moveBoth(document, kinds, places);
}

/** Makes the gaps between three or more elements equal; the outermost stay. */
export function distributeElements(
  document: ProcessDocument,
  kinds: KindTable,
  ids: Iterable<string>,
  axis: Axis,
): void {
  pinLayout(document, kinds);
  const chosen = [...movable(document, kinds, ids)];
  if (chosen.length < 3) return;
  const flat = axis === 'horizontal';
  const start = (rect: Rect): number => (flat ? rect.x : rect.y);
  const size = (rect: Rect): number => (flat ? rect.width : rect.height);
  chosen.sort(([, a], [, b]) => start(a) - start(b));
  const first = (chosen[0] as [string, Rect])[1];
  const end = Math.max(...chosen.map(([, rect]) => start(rect) + size(rect)));
  const taken = chosen.reduce((sum, [, rect]) => sum + size(rect), 0);
  const gap = (end - start(first) - taken) / (chosen.length - 1);
  const places = new Map<string, Point>();
  let next = start(first);
  for (const [id, rect] of chosen) {
    places.set(id, flat ? [next, rect.y] : [rect.x, next]);
    next += size(rect) + gap;
  }
  moveBoth(document, kinds, places);
}
