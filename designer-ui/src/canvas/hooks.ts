import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { colourOf } from '@/lib/process/notes';
import type { ProcessDocument } from '@/lib/process/types';
import { stepDomId } from './flowModel';

/** Until the container is measured, and where nothing can be measured. */
const NOMINAL = { width: 1000, height: 600 };

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function useSize(): [
  (element: HTMLDivElement | null) => void,
  Size | undefined,
  HTMLDivElement | null,
] {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [size, setSize] = useState<Size>();
  useLayoutEffect(() => {
    if (!element) return;
    const measure = (): void => {
      const next = {
        width: element.clientWidth || NOMINAL.width,
        height: element.clientHeight || NOMINAL.height,
      };
      setSize((old) => (old?.width === next.width && old.height === next.height ? old : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, size, element];
}

/**
 * Names the node that the keyboard is at while it is drawn: one that is scrolled
 * out of view or folded away has no element that could be named.
 */
export function useActiveDescendant(element: HTMLDivElement | null, focused: string | undefined): void {
  useEffect(() => {
    if (!element) return;
    const id = focused ? stepDomId(focused) : '';
    const name = (): void => {
      if (id && document.getElementById(id)) element.setAttribute('aria-activedescendant', id);
      else element.removeAttribute('aria-activedescendant');
    };
    name();
    const observer = new MutationObserver(name);
    observer.observe(element, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [element, focused]);
}

/** The colours that nodes were given; the same object while these stay the same. */
export function useColours(document: ProcessDocument): ReadonlyMap<string, string> {
  const { layout } = document;
  const last = useRef<ReadonlyMap<string, string>>(new Map());
  return useMemo(() => {
    const next = new Map<string, string>();
    for (const id of Object.keys(layout ?? {})) {
      const colour = colourOf({ layout }, id);
      if (colour) next.set(id, colour);
    }
    const same =
      next.size === last.current.size && [...next].every(([id, colour]) => last.current.get(id) === colour);
    if (!same) last.current = next;
    return last.current;
  }, [layout]);
}

/** Whether a modifier key is held, wherever the focus is. */
export function useModifier(key: string): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      if (event.key === key) setHeld(true);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key === key) setHeld(false);
    };
    const lost = (): void => setHeld(false);
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', lost);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', lost);
    };
  }, [key]);
  return held;
}
