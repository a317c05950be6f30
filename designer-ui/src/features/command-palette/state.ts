import { useSyncExternalStore } from 'react';

type PaletteState = { palette: boolean; sheet: boolean };

let state: PaletteState = { palette: false, sheet: false };
const listeners = new Set<() => void>();

function set(change: Partial<PaletteState>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

export const openPalette = () => set({ palette: true, sheet: false });
export const closePalette = () => set({ palette: false });
export const openShortcutSheet = () => set({ sheet: true, palette: false });
export const closeShortcutSheet = () => set({ sheet: false });

export function usePaletteState(): PaletteState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
