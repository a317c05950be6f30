import { snapshot } from '../document';
import { positionsOf } from '../geometry';
import type { KindTable } from '../kinds';
import { noteRect } from '../notes';
import type { Point, ProcessDocument } from '../types';
import { moveNotes } from './notes';
import { moveNodes, pinLayout } from './place';

const AXES = ['x', 'y'] as const;

/** Moves everything right of (or below) a line, to make room. */
export function makeRoom(
  document: ProcessDocument,
  kinds: KindTable,
  axis: 0 | 1,
  from: number,
  by: number,
): void {
  pinLayout(document, kinds);
  const moved = new Map<string, Point>();
  for (const [id, at] of positionsOf(kinds, snapshot(document))) {
    if (at[axis] >= from) moved.set(id, axis === 0 ? [at[0] + by, at[1]] : [at[0], at[1] + by]);
  }
  moveNodes(document, moved);
  const beyond = (snapshot(document).notes ?? []).filter((note) => noteRect(note)[AXES[axis]] >= from);
  moveNotes(
    document,
    new Map(
      beyond.map((note): [string, Point] => {
        const { x, y } = noteRect(note);
        return [note.id, axis === 0 ? [x + by, y] : [x, y + by]];
      }),
    ),
  );
}
