import { isDraft } from 'immer';
import { attachedOf, indexOf, snapshot } from './document';
import type { KindTable, Shape } from './kinds';
import { OUT, type Point, type ProcessDocument, type ProcessNode } from './types';

/** Sizes and ports of nodes: pure functions of kind and ports, so that nothing needs to be measured in the browser. */

export const GRID = 20;
export const CARD_WIDTH = 220;
export const CARD_HEIGHT = 64;
export const ROUND_SIZE = 64;
export const BOUNDARY_SIZE = 36;
export const OUTCOME_ROW = 26;
const OUTCOME_PADDING = 6;
const BOUNDARY_GAP = 10;

export type Side = 'left' | 'right' | 'top' | 'bottom';

export interface Port {
  readonly id: string;
  readonly side: Side;
  /** Relative to the node's top left corner. */
  readonly x: number;
  readonly y: number;
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Geometry {
  readonly shape: Shape;
  readonly width: number;
  readonly height: number;
  readonly input: Port | undefined;
  readonly outputs: readonly Port[];
}

const IN = 'in';

function measure(kinds: KindTable, node: ProcessNode): Geometry {
  const shape = kinds.shape(node);
  const ports = kinds.outputs(node);
  if (shape === 'boundary') {
    return {
      shape,
      width: BOUNDARY_SIZE,
      height: BOUNDARY_SIZE,
      input: undefined,
      outputs: ports.map((id) => ({ id, side: 'bottom', x: BOUNDARY_SIZE / 2, y: BOUNDARY_SIZE })),
    };
  }
  if (shape === 'diamond' || shape === 'circle') {
    const middle = ROUND_SIZE / 2;
    return {
      shape,
      width: ROUND_SIZE,
      height: ROUND_SIZE,
      input: kinds.hasInput(node) ? { id: IN, side: 'left', x: 0, y: middle } : undefined,
      outputs: ports.map((id) => ({ id, side: 'right', x: ROUND_SIZE, y: middle })),
    };
  }
  const named = ports.filter((id) => id !== OUT);
  const unnamed = ports.includes(OUT);
  const height = CARD_HEIGHT + (named.length > 0 ? named.length * OUTCOME_ROW + OUTCOME_PADDING : 0);
  return {
    shape,
    width: CARD_WIDTH,
    height,
    input: kinds.hasInput(node) ? { id: IN, side: 'left', x: 0, y: CARD_HEIGHT / 2 } : undefined,
    outputs: [
      ...(unnamed ? [{ id: OUT, side: 'right' as const, x: CARD_WIDTH, y: CARD_HEIGHT / 2 }] : []),
      ...named.map((id, row) => ({
        id,
        side: 'right' as const,
        x: CARD_WIDTH,
        y: CARD_HEIGHT + OUTCOME_ROW * row + OUTCOME_ROW / 2,
      })),
    ],
  };
}

const caches = new WeakMap<KindTable, WeakMap<ProcessNode, Geometry>>();

/** Size, shape and ports of a node; remembered per node value, which changes with every edit of the node. */
export function geometryOf(kinds: KindTable, node: ProcessNode): Geometry {
  if (isDraft(node)) return measure(kinds, node);
  let cache = caches.get(kinds);
  if (!cache) {
    cache = new WeakMap();
    caches.set(kinds, cache);
  }
  const known = cache.get(node);
  if (known) return known;
  const geometry = measure(kinds, node);
  cache.set(node, geometry);
  return geometry;
}

/** The port a flow leaves from. An unknown port name (its outcome was removed) falls back to the first output. */
export function outputPort(geometry: Geometry, port: string): Port | undefined {
  return geometry.outputs.find((candidate) => candidate.id === port) ?? geometry.outputs[0];
}

/** Place of the n-th boundary event: along the bottom border of its host, from the right. */
function boundaryAt(host: Rect, position: number): Point {
  return [
    host.x + host.width - BOUNDARY_SIZE - 16 - position * (BOUNDARY_SIZE + BOUNDARY_GAP),
    host.y + host.height - BOUNDARY_SIZE / 2,
  ];
}

/**
 * Top left corners of all nodes. Nodes without a stored place are put by `arrange`, so that an imported definition
 * without layout can be read at once; such places are shown, not stored.
 */
export function positionsOf(kinds: KindTable, edited: ProcessDocument): Map<string, Point> {
  const document = snapshot(edited);
  const places = new Map<string, Point>();
  const layout = document.layout ?? {};
  const homeless: ProcessNode[] = [];
  for (const node of document.nodes) {
    if (node.kind === 'boundaryEvent' && node.attachedTo) continue;
    const at = layout[node.id]?.at;
    if (at) places.set(node.id, at);
    else homeless.push(node);
  }
  if (homeless.length > 0) arrange(kinds, document, homeless, places);
  for (const node of document.nodes) {
    if (places.has(node.id)) continue;
    const host = node.attachedTo ? indexOf(document).nodes.get(node.attachedTo) : undefined;
    const at = host ? places.get(host.id) : undefined;
    if (!host || !at) {
      places.set(node.id, layout[node.id]?.at ?? [0, 0]);
      continue;
    }
    const { width, height } = geometryOf(kinds, host);
    const position = attachedOf(document, host.id).findIndex((candidate) => candidate.id === node.id);
    places.set(node.id, boundaryAt({ x: at[0], y: at[1], width, height }, Math.max(0, position)));
  }
  return places;
}

/** Columns by the longest way from a start, rows by document order: readable, cheap, and stable under edits. */
function arrange(
  kinds: KindTable,
  document: ProcessDocument,
  homeless: readonly ProcessNode[],
  places: Map<string, Point>,
): void {
  const levels = levelsOf(document);
  const bottom = new Map<number, number>();
  const floor = places.size === 0 ? 0 : Math.max(...[...places.values()].map(([, y]) => y)) + 180;
  for (const node of homeless) {
    const level = levels.get(node.id) ?? 0;
    const y = bottom.get(level) ?? floor;
    const { width, height } = geometryOf(kinds, node);
    const x = level * (CARD_WIDTH + 80) + (CARD_WIDTH - width) / 2;
    places.set(node.id, [snap(x), snap(y + Math.max(0, (CARD_HEIGHT - height) / 2))]);
    bottom.set(level, y + height + 60);
  }
}

/** Longest distance of each node from the start, not counting edges that close a cycle. Iterative: graphs get long. */
function levelsOf(document: ProcessDocument): Map<string, number> {
  const { incoming, outgoing, attached, nodes } = indexOf(document);
  const after = (id: string): string[] => [
    ...(outgoing.get(id) ?? []).map((flow) => flow.to).filter((to) => nodes.has(to)),
    ...(attached.get(id) ?? []).map((event) => event.id),
  ];
  const seeds = [
    ...document.nodes.filter((node) => node.kind === 'startEvent'),
    ...document.nodes.filter((node) => !incoming.has(node.id) && node.kind !== 'boundaryEvent'),
    ...document.nodes,
  ];
  const seen = new Set<string>();
  const finished: string[] = [];
  for (const seed of seeds) {
    if (seen.has(seed.id)) continue;
    seen.add(seed.id);
    const stack: { id: string; next: string[] }[] = [{ id: seed.id, next: after(seed.id) }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = top.next.shift();
      if (to === undefined) {
        finished.push(top.id);
        stack.pop();
      } else if (!seen.has(to)) {
        seen.add(to);
        stack.push({ id: to, next: after(to) });
      }
    }
  }
  const order = finished.reverse();
  const rank = new Map(order.map((id, position) => [id, position]));
  const levels = new Map<string, number>();
  for (const id of order) {
    const level = levels.get(id) ?? 0;
    levels.set(id, level);
    // A boundary event stands on its host, so it adds no column of its own.
    const step = nodes.get(id)?.kind === 'boundaryEvent' ? 0 : 1;
    for (const to of after(id)) {
      const forward = (rank.get(to) ?? 0) > (rank.get(id) ?? 0);
      const width = nodes.get(to)?.kind === 'boundaryEvent' ? 1 : step;
      if (forward) levels.set(to, Math.max(levels.get(to) ?? 0, level + width));
    }
  }
  return levels;
}

export function snap(value: number, grid = GRID): number {
  return Math.round(value / grid) * grid;
}

export function rectOf(kinds: KindTable, node: ProcessNode, at: Point): Rect {
  const { width, height } = geometryOf(kinds, node);
  return { x: at[0], y: at[1], width, height };
}

export function boundsOf(rects: Iterable<Rect>): Rect {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const rect of rects) {
    left = Math.min(left, rect.x);
    top = Math.min(top, rect.y);
    right = Math.max(right, rect.x + rect.width);
    bottom = Math.max(bottom, rect.y + rect.height);
  }
  if (left > right) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function overlaps(a: Rect, b: Rect, margin = 0): boolean {
  return (
    a.x < b.x + b.width + margin &&
    b.x < a.x + a.width + margin &&
    a.y < b.y + b.height + margin &&
    b.y < a.y + a.height + margin
  );
}
