import type { Rect } from '@/lib/process/geometry';
import { distanceTo } from '@/lib/process/route';
import type { Point } from '@/lib/process/types';
import type { FlowEdge } from './flowModel';

/** The topmost node under a point: later ones lie above, boundary events above their hosts. */
export function nodeAt(rects: ReadonlyMap<string, Rect>, [x, y]: Point): string | undefined {
  let hit: string | undefined;
  let area = Number.POSITIVE_INFINITY;
  for (const [id, rect] of rects) {
    if (x < rect.x || y < rect.y || x > rect.x + rect.width || y > rect.y + rect.height) continue;
    const size = rect.width * rect.height;
    if (size <= area) {
      hit = id;
      area = size;
    }
  }
  return hit;
}

/** The nearest edge within reach of a point, for dropping a step on it. */
export function edgeAt(edges: readonly FlowEdge[], point: Point, reach: number): string | undefined {
  let hit: string | undefined;
  let best = reach;
  for (const edge of edges) {
    const distance = edge.data ? distanceTo(edge.data.points, point) : Number.POSITIVE_INFINITY;
    if (distance <= best) {
      hit = edge.id;
      best = distance;
    }
  }
  return hit;
}
