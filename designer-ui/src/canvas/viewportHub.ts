import { useSyncExternalStore } from 'react';

export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** Fans the one viewport subscription of the canvas library out to all who follow the viewport. */
export class ViewportHub {
  private view: View;
  private readonly listeners = new Set<(view: View) => void>();

  constructor(initial: View) {
    this.view = initial;
  }

  get current(): View {
    return this.view;
  }

  set(view: View): void {
    if (view.x === this.view.x && view.y === this.view.y && view.zoom === this.view.zoom) return;
    this.view = { x: view.x, y: view.y, zoom: view.zoom };
    for (const listener of this.listeners) listener(this.view);
  }

  subscribe = (listener: (view: View) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

/** A value derived from the viewport; renders only when the derived value changes. */
export function useViewport<T extends string | number | boolean>(
  hub: ViewportHub,
  select: (view: View) => T,
): T {
  return useSyncExternalStore(hub.subscribe, () => select(hub.current));
}

/** Levels of detail: everything, no subtitles and labels, or a drawn overview. */
export type Detail = 'full' | 'compact' | 'overview';

const OVERVIEW_BELOW = 0.36;
const OVERVIEW_LEAVES_AT = 0.42;
const FULL_FROM = 0.7;
/** Fewer nodes than this are drawn as nodes at any zoom. */
export const OVERVIEW_MIN_NODES = 150;

/** The level for a zoom. The overview is left later than it is entered, so that a trembling pinch does not flicker. */
export function detailFor(zoom: number, nodes: number, current: Detail): Detail {
  const limit = current === 'overview' ? OVERVIEW_LEAVES_AT : OVERVIEW_BELOW;
  if (zoom < limit && nodes > OVERVIEW_MIN_NODES) return 'overview';
  return zoom >= FULL_FROM ? 'full' : 'compact';
}
