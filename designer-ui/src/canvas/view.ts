import type { Rect } from '@/lib/process/geometry';
import { storage } from '@/lib/storage';
import type { View } from './viewportHub';

export const MIN_ZOOM = 0.1;
export const MAX_ZOOM = 2;
const PADDING = 0.06;
/** Down to this a process is shown whole when it is opened: smaller titles cannot be read. */
const WHOLE_FROM = 0.55;
/** What is larger is shown as small as titles can still be read. */
const READABLE = 0.6;
const EDGE = 64;

/** The viewport that shows all of `bounds`, never larger than life. */
export function fitView(bounds: Rect, width: number, height: number): View {
  const w = Math.max(1, bounds.width);
  const h = Math.max(1, bounds.height);
  const fitting = Math.min((width * (1 - 2 * PADDING)) / w, (height * (1 - 2 * PADDING)) / h);
  const zoom = Math.max(MIN_ZOOM, Math.min(1, fitting));
  return {
    x: width / 2 - (bounds.x + bounds.width / 2) * zoom,
    y: height / 2 - (bounds.y + bounds.height / 2) * zoom,
    zoom,
  };
}

/** Whether the whole of `bounds` is seen at a size at which it can be read. */
export function readsWhole(bounds: Rect, width: number, height: number): boolean {
  return fitView(bounds, width, height).zoom >= WHOLE_FROM;
}

/**
 * The first viewport: everything when that can be read, else readable and from the beginning of the flow, or, when the
 * anchor (the waiting or failed node) would not be seen then, with the anchor a third from the left.
 */
export function openingView(bounds: Rect, anchor: Rect | undefined, width: number, height: number): View {
  if (!anchor || readsWhole(bounds, width, height)) return fitView(bounds, width, height);
  const zoom = READABLE;
  const start = EDGE / 2 - bounds.x * zoom;
  const seen = start + (anchor.x + anchor.width) * zoom <= width - EDGE;
  const all = bounds.height * zoom <= height - EDGE;
  const middle = all ? bounds.y + bounds.height / 2 : anchor.y + anchor.height / 2;
  return { x: seen ? start : width / 3 - anchor.x * zoom, y: height / 2 - middle * zoom, zoom };
}

/** A step with the buttons behind and below it that add the next one. */
export function withButtons(step: Rect): Rect {
  return { ...step, width: step.width + 64, height: step.height + 64 };
}

/** The least move that shows `rect` completely; undefined when it is visible already. */
export function revealView(view: View, rect: Rect, width: number, height: number): View | undefined {
  const left = rect.x * view.zoom + view.x;
  const top = rect.y * view.zoom + view.y;
  const right = left + rect.width * view.zoom;
  const bottom = top + rect.height * view.zoom;
  const margin = 24;
  let { x, y } = view;
  if (left < margin) x += margin - left;
  else if (right > width - margin) x -= right - (width - margin);
  if (top < margin) y += margin - top;
  else if (bottom > height - margin) y -= bottom - (height - margin);
  return x === view.x && y === view.y ? undefined : { x, y, zoom: view.zoom };
}

/** Viewports are per person and process: kept in the browser, never in the document. */
export function loadView(key: string | undefined): View | undefined {
  const text = key === undefined ? null : storage.get(`viewport.${key}`);
  if (text === null) return undefined;
  const [x, y, zoom] = text.split(' ').map(Number);
  if (x === undefined || y === undefined || zoom === undefined) return undefined;
  return [x, y, zoom].every(Number.isFinite) && zoom >= MIN_ZOOM && zoom <= MAX_ZOOM
    ? { x, y, zoom }
    : undefined;
}

export function saveView(key: string | undefined, view: View): void {
  if (key === undefined) return;
  storage.set(
    `viewport.${key}`,
    [view.x, view.y]
      .map(Math.round)
      .concat(Math.round(view.zoom * 1000) / 1000)
      .join(' '),
  );
}

/** How long a move of the viewport takes, in milliseconds. */
export function motion(): number {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150;
}
