import type { View } from './viewportHub';

/** Keeps the viewports of several canvases alike: whichever is moved takes the others along. */
export class ViewLink {
  private view: View | undefined;
  private readonly listeners = new Set<(view: View, source: object) => void>();

  /** Where all of them are; undefined before the first one has said so. */
  get current(): View | undefined {
    return this.view;
  }

  set(view: View, source: object): void {
    const old = this.view;
    if (old && old.x === view.x && old.y === view.y && old.zoom === view.zoom) return;
    this.view = view;
    for (const listener of this.listeners) listener(view, source);
  }

  subscribe(listener: (view: View, source: object) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
