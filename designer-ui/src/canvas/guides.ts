import { boundsOf, type Rect } from '@/lib/process/geometry';

/** A line that shows what a dragged element is in line with. */
export interface Guide {
  /** `x`: a vertical line at this x; `y`: a horizontal one. */
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

export interface Aligned {
  /** How far the dragged elements jump to be in line. */
  readonly dx: number;
  readonly dy: number;
  readonly guides: readonly Guide[];
}

const LOOSE: Aligned = { dx: 0, dy: 0, guides: [] };

interface Hit {
  readonly by: number;
  readonly at: number;
  readonly others: Rect[];
}

/** Sides and middle of a rectangle along one axis. */
function marks(start: number, size: number): [number, number, number] {
  return [start, start + size / 2, start + size];
}

/** The nearest line within reach: left with left, middle with middle, right with right. */
function nearest(moving: Rect, others: readonly Rect[], axis: 'x' | 'y', reach: number): Hit | undefined {
  const size = axis === 'x' ? 'width' : 'height';
  const own = marks(moving[axis], moving[size]);
  let best: Hit | undefined;
  for (const other of others) {
    const theirs = marks(other[axis], other[size]);
    for (let i = 0; i < 3; i++) {
      const at = theirs[i] as number;
      const by = at - (own[i] as number);
      if (Math.abs(by) > reach) continue;
      if (!best || Math.abs(by) < Math.abs(best.by)) best = { by, at, others: [other] };
      else if (by === best.by && at === best.at) best.others.push(other);
    }
  }
  return best;
}

/** What the dragged rectangle is in line with among the others, within reach. */
export function alignWith(moving: Rect, others: readonly Rect[], reach: number): Aligned {
  const x = nearest(moving, others, 'x', reach);
  const y = nearest(moving, others, 'y', reach);
  if (!x && !y) return LOOSE;
  const dx = x?.by ?? 0;
  const dy = y?.by ?? 0;
  const placed: Rect = { ...moving, x: moving.x + dx, y: moving.y + dy };
  const guides: Guide[] = [];
  if (x) {
    const box = boundsOf([placed, ...x.others]);
    guides.push({ axis: 'x', at: x.at, from: box.y, to: box.y + box.height });
  }
  if (y) {
    const box = boundsOf([placed, ...y.others]);
    guides.push({ axis: 'y', at: y.at, from: box.x, to: box.x + box.width });
  }
  return { dx, dy, guides };
}
