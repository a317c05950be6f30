import type { ElkNode } from 'elkjs/lib/elk-api';
import { overlaps, type Rect } from '@/lib/process/geometry';
import type { Point } from '@/lib/process/types';
import type { LayoutResult } from './layout';

/** Room that stays free between two steps. */
const GAP = 24;
/** How often what neighbours do is evened out; a drawing is settled long before. */
const ROUNDS = 60;

/**
 * Fits a fresh layout to steps that stay where they are. Each of the others goes as far as the kept steps next to it
 * were off the layout, so that a step stays beside its neighbours; then whatever would cover another goes up or down to the
 * nearest free place. `blocked` is room that is taken by what is not laid out.
 */
export function roundKept(
  laid: ElkNode,
  fresh: LayoutResult,
  kept: ReadonlyMap<string, Point>,
  blocked: readonly Rect[],
): LayoutResult {
  const boxes = new Map(
    (laid.children ?? []).map(({ id, width = 0, height = 0 }) => [id, { width, height }]),
  );
  const fixed = new Map([...kept].filter(([id]) => fresh.places.has(id)));
  if (fixed.size === 0 && blocked.length === 0) return fresh;
  const rect = (id: string, [x, y]: Point): Rect => ({ x, y, ...(boxes.get(id) ?? { width: 0, height: 0 }) });
  const shifts = shiftsOf(laid, fresh, fixed);
  const taken: Rect[] = [...blocked];
  for (const [id, at] of fixed) taken.push(rect(id, at));
  const wanted = [...fresh.places]
    .filter(([id]) => !fixed.has(id))
    .map(([id, at]) => ({ id, rect: rect(id, add(at, shifts.get(id) ?? [0, 0])) }))
    .sort((a, b) => a.rect.x - b.rect.x || a.rect.y - b.rect.y);
  const places = new Map<string, Point>(fixed);
  for (const { id, rect } of wanted) {
    const free = { ...rect, y: freeY(rect, taken) };
    taken.push(free);
    places.set(id, [Math.round(free.x), Math.round(free.y)]);
  }
  return { ...fresh, places, bends: bendsOf(laid, fresh, places, fixed) };
}

function add([x, y]: Point, [dx, dy]: Point): Point {
  return [x + dx, y + dy];
}

function minus([x, y]: Point, [dx, dy]: Point): Point {
  return [x - dx, y - dy];
}

/** How well a layout agrees with what is kept: 1 when the kept steps lie to one another as it has them. */
export function likeness(laid: ElkNode, kept: ReadonlyMap<string, Point>): number {
  const off = (laid.children ?? []).flatMap(({ id, x = 0, y = 0 }) => {
    const at = kept.get(id);
    return at ? [minus(at, [x, y])] : [];
  });
  const [mx, my] = mean(off);
  const spread = off.reduce((sum, [x, y]) => sum + Math.hypot(x - mx, y - my), 0) / Math.max(1, off.length);
  return 1 / (1 + spread);
}

function mean(points: readonly Point[]): Point {
  const [x, y] = points.reduce((sum, point) => add(sum, point), [0, 0] as Point);
  return points.length === 0 ? [0, 0] : [x / points.length, y / points.length];
}

/** How far each step goes: the kept ones to their places, the others like their neighbours do on the whole. */
function shiftsOf(
  laid: ElkNode,
  fresh: LayoutResult,
  fixed: ReadonlyMap<string, Point>,
): ReadonlyMap<string, Point> {
  const beside = neighbours(laid);
  const shifts = new Map<string, Point>();
  for (const [id, at] of fixed) shifts.set(id, minus(at, fresh.places.get(id) as Point));
  const average = mean([...shifts.values()]);
  // A first guess is what the nearest kept step does, found from all of them at once.
  const queue = [...fixed.keys()];
  for (let at = 0; at < queue.length; at++) {
    const id = queue[at] as string;
    for (const next of beside.get(id) ?? []) {
      if (shifts.has(next)) continue;
      shifts.set(next, shifts.get(id) as Point);
      queue.push(next);
    }
  }
  const free = [...fresh.places.keys()].filter((id) => !fixed.has(id));
  for (let round = 0; round < ROUNDS; round++) {
    for (const id of round % 2 === 0 ? free : free.toReversed()) {
      const near = (beside.get(id) ?? []).flatMap((next) => {
        const shift = shifts.get(next);
        return shift ? [shift] : [];
      });
      // What no kept step is connected with stays beside the whole.
      shifts.set(id, near.length === 0 ? average : mean(near));
    }
  }
  return shifts;
}

/** Which steps are connected, in both directions; what hangs on a step belongs to it. */
function neighbours({ children = [], edges = [] }: ElkNode): ReadonlyMap<string, string[]> {
  const owner = new Map(
    children.flatMap(({ id, ports = [] }) => ports.map((port) => [port.id, id] as const)),
  );
  const beside = new Map<string, string[]>(children.map(({ id }) => [id, []]));
  for (const [from, to] of edges.map((edge) => endsOf(edge, owner))) {
    if (from === undefined || to === undefined || from === to) continue;
    beside.get(from)?.push(to);
    beside.get(to)?.push(from);
  }
  return beside;
}

function endsOf(
  { sources, targets }: { sources: string[]; targets: string[] },
  owner: ReadonlyMap<string, string>,
): [string | undefined, string | undefined] {
  return [owner.get(sources[0] ?? ''), owner.get(targets[0] ?? '')];
}

/** The nearest height at which nothing is covered. */
function freeY(rect: Rect, taken: readonly Rect[]): number {
  const column = taken.filter((other) => overlaps({ ...rect, y: other.y }, other, GAP));
  const free = (y: number): boolean => !column.some((other) => overlaps({ ...rect, y }, other, GAP));
  if (free(rect.y)) return rect.y;
  const candidates = column
    .flatMap(({ y, height }) => [y + height + GAP, y - rect.height - GAP])
    .sort((a, b) => Math.abs(a - rect.y) - Math.abs(b - rect.y) || b - a);
  // Below all of them there is always room.
  return candidates.find(free) as number;
}

/** Ways whose two ends went equally far go with them; others are found anew, and those between kept steps stay. */
function bendsOf(
  laid: ElkNode,
  fresh: LayoutResult,
  places: ReadonlyMap<string, Point>,
  fixed: ReadonlyMap<string, Point>,
): ReadonlyMap<string, Point[]> {
  const owner = new Map(
    (laid.children ?? []).flatMap(({ id, ports = [] }) => ports.map((port) => [port.id, id] as const)),
  );
  const bends = new Map<string, Point[]>();
  for (const edge of laid.edges ?? []) {
    const [from, to] = endsOf(edge, owner);
    if (from === undefined || to === undefined || (fixed.has(from) && fixed.has(to))) continue;
    const [a, b] = [from, to].map((id) => minus(places.get(id) as Point, fresh.places.get(id) as Point)) as [
      Point,
      Point,
    ];
    const together = a[0] === b[0] && a[1] === b[1];
    bends.set(edge.id, together ? (fresh.bends.get(edge.id) ?? []).map((point) => add(point, a)) : []);
  }
  return bends;
}
