import { useSyncExternalStore } from 'react';

/**
 * The element of the top bar into which a page renders its breadcrumb, state text and actions through a portal.
 * Null while the shell is not mounted.
 */
let slot: HTMLElement | null = null;
const listeners = new Set<() => void>();

export function setTopBarSlot(element: HTMLElement | null): void {
  slot = element;
  for (const listener of listeners) listener();
}

export function useTopBarSlot(): HTMLElement | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => slot,
  );
}
