import { later } from '@/lib/later';

// Fetched while the page's data is: the canvas library and the run come at the same time, and the page's own words
// do not wait for either.
const canvas = import('./Canvas');

/** The canvas for pages that show more than it. */
export const LazyCanvas = later(() => canvas.then((module) => module.Canvas));
export type { CanvasHandle } from './Canvas';
export { type NodeRunState, type RunSnapshot, RunStore } from './runStore';
