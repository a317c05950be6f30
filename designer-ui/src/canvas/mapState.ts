import { useSyncExternalStore } from 'react';
import { storage } from '@/lib/storage';

const STORED = 'minimap';
const listeners = new Set<() => void>();
let open: boolean | undefined;

const isOpen = (): boolean => {
  open ??= storage.get(STORED) !== 'folded';
  return open;
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the map of a large drawing is shown in its corner; who folds it away finds it so everywhere. */
export function useMapOpen(): boolean {
  return useSyncExternalStore(subscribe, isOpen);
}

/** Shows the map or folds it away, and says which. */
export function toggleMap(): boolean {
  open = !isOpen();
  storage.set(STORED, open ? 'open' : 'folded');
  for (const listener of listeners) listener();
  return open;
}
