import type { Port, Rect, Side } from './geometry';
import type { Point } from './types';

/** Orthogonal ways of edges and their drawing with rounded corners. Pure, so that the overview draws the same ways. */

const STUB = 20;
const CORNER = 8;

export interface RouteEnd {
  readonly rect: Rect;
  readonly port: Port;
}

const OUTWARD: Record<Side, Point> = { left: [-1, 0], right: [1, 0], top: [0, -1], bottom: [0, 1] };

function place(end: RouteEnd): Point {
  return [end.rect.x + end.port.x, end.rect.y + end.port.y];
}

function stub(point: Point, side: Side): Point {
  const [dx, dy] = OUTWARD[side];
  return [point[0] + dx * STUB, point[1] + dy * STUB];
}

export interface RouteOptions {
  /** Turn next to the source: flows that leave one port then part at once, and each has room for its own label. */
  readonly early?: boolean;
}

/**
 * The points of an edge from the source port to the target port. Stored bend points win; otherwise an elbow, or a
 * loop round both nodes when the target lies behind the source.
 */
export function route(
  source: RouteEnd,
  target: RouteEnd,
  bends: readonly Point[] = [],
  options: RouteOptions = {},
): Point[] {
  const from = place(source);
  const to = place(target);
  const kept = fitting(from, bends, to);
  if (kept) return tidy([from, ...kept, to]);
  const start = stub(from, source.port.side);
  const end = stub(to, target.port.side);
  if (source.port.side === 'bottom')
    return tidy([from, ...fromBottom(from, start, end, to, target.rect), to]);
  if (to[0] - from[0] >= 2 * STUB) {
    if (Math.abs(to[1] - from[1]) < 1) return [from, to];
    const near = to[0] - from[0] <= 8 * STUB;
    // Otherwise close to the target: edges that come from one row share their way and part late.
    const turn = options.early ? start[0] : near ? (from[0] + to[0]) / 2 : to[0] - 2 * STUB;
    return tidy([from, [turn, from[1]], [turn, to[1]], to]);
  }
  const lane = laneBetween(source.rect, target.rect);
  return tidy([from, start, [start[0], lane], [end[0], lane], end, to]);
}

function fromBottom(from: Point, start: Point, end: Point, to: Point, target: Rect): Point[] {
  const below = target.y - start[1];
  if (end[0] >= from[0]) return to[1] >= start[1] ? [[from[0], to[1]]] : [start, [end[0], start[1]], end];
  // Between both when there is room, so that the way does not cross the target.
  const lane = below > 0 ? start[1] + below / 2 : Math.max(start[1], target.y + target.height + STUB);
  return [[from[0], lane], [end[0], lane], end];
}

/** The y of a horizontal stretch that passes between both rectangles when there is room, else below both. */
function laneBetween(source: Rect, target: Rect): number {
  const gapBelow = target.y - (source.y + source.height);
  if (gapBelow >= 2 * STUB) return source.y + source.height + gapBelow / 2;
  const gapAbove = source.y - (target.y + target.height);
  if (gapAbove >= 2 * STUB) return target.y + target.height + gapAbove / 2;
  return Math.max(source.y + source.height, target.y + target.height) + 2 * STUB;
}

/** How far a stored bend may lie beside its port: layouts are rounded to whole pixels. */
const SLACK = 3;

/**
 * Bends that still give right angles, aligned with both ends. Undefined when they do not: then they were drawn for
 * other places or other sizes of the nodes, and a fresh route is better than a slanted line.
 */
function fitting(from: Point, bends: readonly Point[], to: Point): Point[] | undefined {
  if (bends.length === 0) return undefined;
  const points = [from, ...bends, to].map(([x, y]): Point => [x, y]);
  const align = (fixed: Point, loose: Point): void => {
    if (Math.abs(fixed[0] - loose[0]) <= SLACK) loose[0] = fixed[0];
    if (Math.abs(fixed[1] - loose[1]) <= SLACK) loose[1] = fixed[1];
  };
  align(from, points[1] as Point);
  align(to, points[points.length - 2] as Point);
  const square = points.every((point, i) => {
    const before = points[i - 1];
    return !before || Math.abs(before[0] - point[0]) < 1 || Math.abs(before[1] - point[1]) < 1;
  });
  return square ? points.slice(1, -1) : undefined;
}

/** Without repeated points and points on a straight line. */
function tidy(points: readonly Point[]): Point[] {
  const out: Point[] = [];
  for (const point of points) {
    const a = out.at(-2);
    const b = out.at(-1);
    if (b && Math.abs(b[0] - point[0]) < 0.5 && Math.abs(b[1] - point[1]) < 0.5) continue;
    const straight =
      a &&
      b &&
      ((Math.abs(a[0] - b[0]) < 0.5 && Math.abs(b[0] - point[0]) < 0.5) ||
        (Math.abs(a[1] - b[1]) < 0.5 && Math.abs(b[1] - point[1]) < 0.5));
    if (straight) out.pop();
    out.push(point);
  }
  return out;
}

/** SVG path through the points, corners rounded by at most 8 px. */
export function roundedPath(points: readonly Point[], radius = CORNER): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${first[0]} ${first[1]}`;
  rest.forEach((corner, position) => {
    const before = points[position] as Point;
    const after = rest[position + 1];
    if (!after) {
      path += `L${corner[0]} ${corner[1]}`;
      return;
    }
    const r = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    const [ax, ay] = towards(corner, before, r);
    const [bx, by] = towards(corner, after, r);
    path += `L${ax} ${ay}Q${corner[0]} ${corner[1]} ${bx} ${by}`;
  });
  return path;
}

/** Where the label goes: on the last stretch when it is level and long enough, because it belongs to this edge alone. */
export function labelPoint(points: readonly Point[]): Point {
  const a = points.at(-2);
  const b = points.at(-1);
  if (a && b && points.length > 2 && Math.abs(a[1] - b[1]) < 0.5 && Math.abs(a[0] - b[0]) >= 56) {
    return [(a[0] + b[0]) / 2, a[1]];
  }
  return midpoint(points);
}

/** The point half way along the polyline. */
export function midpoint(points: readonly Point[]): Point {
  let total = 0;
  for (let i = 1; i < points.length; i++) total += distance(points[i - 1] as Point, points[i] as Point);
  let left = total / 2;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const length = distance(a, b);
    if (left <= length && length > 0) return towards(a, b, left);
    left -= length;
  }
  return points[0] ?? [0, 0];
}

/** Distance of a point from the polyline, for dropping on an edge. */
export function distanceTo(points: readonly Point[], [px, py]: Point): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 1; i < points.length; i++) {
    const [ax, ay] = points[i - 1] as Point;
    const [bx, by] = points[i] as Point;
    const lengthSquared = (bx - ax) ** 2 + (by - ay) ** 2;
    const t =
      lengthSquared === 0
        ? 0
        : Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / lengthSquared));
    best = Math.min(best, Math.hypot(px - (ax + t * (bx - ax)), py - (ay + t * (by - ay))));
  }
  return best;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to) || 1;
  return [
    round(from[0] + ((to[0] - from[0]) / whole) * length),
    round(from[1] + ((to[1] - from[1]) / whole) * length),
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
