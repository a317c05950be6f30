import type { Point } from '@/lib/process/types';

const ARROW = 7;

/** The arrow head at the last point; drawn rather than a marker, because markers cannot take the edge's colour everywhere. */
export function arrowHead(points: readonly Point[]): string {
  const [x, y] = points.at(-1) ?? [0, 0];
  const [px, py] = points.at(-2) ?? [0, 0];
  const length = Math.hypot(x - px, y - py) || 1;
  const [dx, dy] = [(x - px) / length, (y - py) / length];
  const [bx, by] = [x - dx * ARROW, y - dy * ARROW];
  return `M${x} ${y}L${bx - dy * 4.5} ${by + dx * 4.5}L${bx + dy * 4.5} ${by - dx * 4.5}Z`;
}

/** The slash of a default flow, across its first stretch. */
export function defaultSlash(points: readonly Point[]): string {
  const [x, y] = points[0] ?? [0, 0];
  const [nx, ny] = points[1] ?? [0, 0];
  const length = Math.hypot(nx - x, ny - y) || 1;
  const [dx, dy] = [(nx - x) / length, (ny - y) / length];
  const [cx, cy] = [x + dx * 14, y + dy * 14];
  return `M${cx - dx * 3 - dy * 5} ${cy - dy * 3 + dx * 5}L${cx + dx * 3 + dy * 5} ${cy + dy * 3 - dx * 5}`;
}
