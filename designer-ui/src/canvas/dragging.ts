import type { CSSProperties } from 'react';
import { boundsOf, type Rect } from '@/lib/process/geometry';
import { noteRect } from '@/lib/process/notes';
import type { Point, ProcessDocument } from '@/lib/process/types';
import { alignWith, type Guide } from './guides';

export const NO_GUIDES: readonly Guide[] = [];

export function dropDecor(document: ProcessDocument, ids: Set<string>): void {
  for (const { id } of [...(document.notes ?? []), ...(document.groups ?? [])]) ids.delete(id);
}

/** Notes that a selection box touches. */
export function notesIn(document: ProcessDocument, [ax, ay]: Point, [bx, by]: Point): string[] {
  const [left, right, top, bottom] = [Math.min(ax, bx), Math.max(ax, bx), Math.min(ay, by), Math.max(ay, by)];
  return (document.notes ?? [])
    .filter((note) => {
      const { x, y, width, height } = noteRect(note);
      return x < right && x + width > left && y < bottom && y + height > top;
    })
    .map(({ id }) => id);
}

/** Pulls what is dragged into line with what stays. */
export function inLine(
  rects: ReadonlyMap<string, Rect>,
  places: ReadonlyMap<string, Point>,
  reach: number,
): { aligned: ReadonlyMap<string, Point>; lines: readonly Guide[] } {
  if (reach === 0) return { aligned: places, lines: NO_GUIDES };
  const moved = [...places].flatMap(([id, [x, y]]) => {
    const rect = rects.get(id);
    return rect ? [{ ...rect, x, y }] : [];
  });
  if (moved.length === 0) return { aligned: places, lines: NO_GUIDES };
  const others = [...rects].filter(([id]) => !places.has(id)).map(([, rect]) => rect);
  const { dx, dy, guides } = alignWith(boundsOf(moved), others, reach);
  if (dx === 0 && dy === 0) return { aligned: places, lines: guides };
  return { aligned: new Map([...places].map(([id, [x, y]]) => [id, [x + dx, y + dy]])), lines: guides };
}

/** Where nodes are while they, or their group, are dragged by a note or a frame. */
export function shifted(
  document: ProcessDocument,
  stored: ReadonlyMap<string, Point>,
  ids: readonly string[],
  [dx, dy]: Point,
): ReadonlyMap<string, Point> {
  const chosen = new Set(ids);
  for (const group of document.groups ?? []) {
    if (chosen.has(group.id)) for (const id of group.nodes ?? []) chosen.add(id);
  }
  const places = new Map<string, Point>();
  for (const id of chosen) {
    const at = stored.get(id);
    if (at) places.set(id, [at[0] + dx, at[1] + dy]);
  }
  return places;
}

/** Where nodes are while room is made. */
export function pushed(
  stored: ReadonlyMap<string, Point>,
  axis: 0 | 1,
  from: number,
  by: number,
): ReadonlyMap<string, Point> {
  const places = new Map<string, Point>();
  for (const [id, at] of stored) {
    if (at[axis] >= from) places.set(id, axis === 0 ? [at[0] + by, at[1]] : [at[0], at[1] + by]);
  }
  return places;
}

/** One pixel on the screen, whatever the zoom. */
export function guideStyle({ axis, at, from, to }: Guide, zoom: number): CSSProperties {
  const thin = 1 / zoom;
  return axis === 'x'
    ? { transform: `translate(${at}px, ${from}px)`, width: thin, height: to - from }
    : { transform: `translate(${from}px, ${at}px)`, width: to - from, height: thin };
}
