import { useCallback, useMemo, useState } from 'react';
import type { StepSigns } from '@/canvas';
import { indexOf } from '@/lib/process/document';
import { isStale, pinsOf } from '@/lib/process/pins';
import type { ProcessDocument } from '@/lib/process/types';
import { storage } from '@/lib/storage';

/** Where a rehearsal stands, and which of the results that it plays are out of date. */
export interface Standing {
  /** The step to look at. */
  readonly at: string | undefined;
  readonly paused: string | undefined;
  readonly stale: ReadonlySet<string>;
  /** Where a scenario went differently than expected. */
  readonly broken: ReadonlySet<string>;
}

function read(key: string): string[] {
  try {
    const value: unknown = JSON.parse(storage.get(key) ?? '[]');
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}

/** The steps before which rehearsals stop: one's own, in this browser, never part of the document. */
export function useBreakpoints(definition: string): {
  readonly stops: ReadonlySet<string>;
  readonly toggle: (id: string) => boolean;
} {
  const key = `breakpoints.${definition}`;
  const [list, setList] = useState(() => read(key));
  const stops = useMemo(() => new Set(list), [list]);
  const toggle = useCallback(
    (id: string): boolean => {
      const on = !read(key).includes(id);
      const next = on ? [...read(key), id] : read(key).filter((other) => other !== id);
      storage.set(key, next.length > 0 ? JSON.stringify(next) : null);
      setList(next);
      return on;
    },
    [key],
  );
  return { stops, toggle };
}

/** What is shown at the steps; undefined where nothing is, so that most documents cost nothing. */
export function useSigns(
  document: ProcessDocument,
  stops: ReadonlySet<string>,
  standing: Standing | undefined,
): ReadonlyMap<string, StepSigns> | undefined {
  return useMemo(() => {
    const signs = new Map<string, StepSigns>();
    const { nodes } = indexOf(document);
    const add = (id: string, part: StepSigns): void => {
      if (nodes.has(id)) signs.set(id, { ...signs.get(id), ...part });
    };
    for (const [id, pin] of Object.entries(pinsOf(document))) {
      const node = nodes.get(id);
      if (node) add(id, { pin: isStale(node, pin.of) ? 'stale' : 'fresh' });
    }
    for (const id of stops) add(id, { stop: true });
    for (const id of standing?.stale ?? []) add(id, { stale: true });
    for (const id of standing?.broken ?? []) add(id, { broken: true });
    if (standing?.paused) add(standing.paused, { paused: true });
    return signs.size > 0 ? signs : undefined;
  }, [document, stops, standing]);
}
