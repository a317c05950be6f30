import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Point } from '@/lib/process/types';
import type { FlowEdge } from './flowModel';

type Points = readonly Point[];
const NONE: ReadonlyMap<string, Points> = new Map();

/**
 * Where flows run while steps are dragged. The canvas library keeps the edges that it has: given others it would look
 * all of them up again, thousands for the two that bend.
 */
export class Bends {
  private points = NONE;
  private readonly listeners = new Map<string, Set<() => void>>();

  of(id: string): Points | undefined {
    return this.points.get(id);
  }

  set(next: ReadonlyMap<string, Points>): void {
    const before = this.points;
    this.points = next;
    for (const id of new Set([...before.keys(), ...next.keys()])) {
      if (before.get(id) === next.get(id)) continue;
      for (const listener of this.listeners.get(id) ?? []) listener();
    }
  }

  subscribe(id: string, listener: () => void): () => void {
    const set = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.listeners.get(id) === set) this.listeners.delete(id);
    };
  }
}

/** What differs, when that is nothing but where the flows run. */
export function bentOf(
  before: readonly FlowEdge[],
  now: readonly FlowEdge[],
): ReadonlyMap<string, Points> | undefined {
  if (before === now) return NONE;
  if (before.length !== now.length) return undefined;
  const bent = new Map<string, Points>();
  for (const [i, edge] of now.entries()) {
    const old = before[i];
    if (old === edge) continue;
    if (!old?.data || !edge.data || old.id !== edge.id || old.selected !== edge.selected) return undefined;
    const { points: _old, ...looked } = old.data;
    const { points, ...looks } = edge.data;
    if (Object.entries(looks).some(([name, value]) => looked[name] !== value)) return undefined;
    bent.set(edge.id, points);
  }
  return bent;
}

/** The edges for the library, and where those run that bend while something is dragged. */
export function useBends(edges: FlowEdge[], dragging: boolean): { edges: FlowEdge[]; bends: Bends } {
  const [bends] = useState(() => new Bends());
  const drawn = useRef(edges);
  const bent = useMemo(() => (dragging ? bentOf(drawn.current, edges) : undefined), [edges, dragging]);
  if (!bent) drawn.current = edges;
  // Behind the library's own effect, which takes the edges over: one picture shows both.
  useEffect(() => bends.set(bent ?? NONE), [bends, bent]);
  return { edges: drawn.current, bends };
}

export function useBend(bends: Bends, id: string): Points | undefined {
  const subscribe = useCallback((listener: () => void) => bends.subscribe(id, listener), [bends, id]);
  return useSyncExternalStore(subscribe, () => bends.of(id));
}
