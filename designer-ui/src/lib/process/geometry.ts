import { isDraft } from 'immer';
import { attachedOf, indexOf, snapshot } from './document';
import type { KindTable, Shape } from './kinds';
import { flatten, isOpen, parentsOf } from './scopes';
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
/** Room inside an open sub-process: its heading above, the markers and attached events below. */
export const FRAME = { top: 56, side: 24, bottom: 40, width: 360, height: 180 };

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

/**
 * Place of the n-th boundary event: along the bottom border of its host, from the right; from the left where the words
 * of its outcomes stand at the right.
 */
function boundaryAt(host: Rect, position: number, worded: boolean): Point {
  const along = 16 + position * (BOUNDARY_SIZE + BOUNDARY_GAP);
  return [
    worded ? host.x + along : host.x + host.width - BOUNDARY_SIZE - along,
    host.y + host.height - BOUNDARY_SIZE / 2,
  ];
}

interface Picture {
  readonly places: Map<string, Point>;
  readonly frames: ReadonlyMap<string, Rect>;
}

const pictures = new WeakMap<KindTable, WeakMap<ProcessDocument, Picture>>();

/** Places of all nodes and frames of open sub-processes; remembered per document value. */
function pictureOf(kinds: KindTable, edited: ProcessDocument): Picture {
  const document = flatten(snapshot(edited));
  let cache = pictures.get(kinds);
  if (!cache) {
    cache = new WeakMap();
    pictures.set(kinds, cache);
  }
  const known = cache.get(document);
  if (known) return known;
  const picture = new PictureMaker(kinds, document).make();
  cache.set(document, picture);
  return picture;
}

/**
 * Top left corners of all nodes. Nodes without a stored place are put by `arrange`, so that an imported definition
 * without layout can be read at once; such places are shown, not stored.
 */
export function positionsOf(kinds: KindTable, edited: ProcessDocument): ReadonlyMap<string, Point> {
  return pictureOf(kinds, edited).places;
}

/** Rectangles of the open sub-processes: as large as stored, larger where their steps need it. */
export function framesOf(kinds: KindTable, edited: ProcessDocument): ReadonlyMap<string, Rect> {
  return pictureOf(kinds, edited).frames;
}

const framed = new WeakMap<ProcessNode, Geometry>();

/** Size, shape and ports of a node as it is drawn in this document: an open sub-process is as large as its frame. */
export function drawnGeometry(kinds: KindTable, document: ProcessDocument, node: ProcessNode): Geometry {
  return withFrame(kinds, node, framesOf(kinds, document).get(node.id));
}

/** Like `drawnGeometry`, for whoever asks for all nodes and has their frames at hand. */
export function withFrame(kinds: KindTable, node: ProcessNode, frame: Rect | undefined): Geometry {
  const base = geometryOf(kinds, node);
  if (!frame) return base;
  const known = isDraft(node) ? undefined : framed.get(node);
  if (known && known.width === frame.width && known.height === frame.height) return known;
  const { width, height } = frame;
  const geometry: Geometry = {
    shape: 'frame',
    width,
    height,
    input: base.input && { ...base.input, y: height / 2 },
    outputs: base.outputs.map((port) => ({ ...port, x: width, y: height / 2 })),
  };
  if (!isDraft(node)) framed.set(node, geometry);
  return geometry;
}

class PictureMaker {
  private readonly places = new Map<string, Point>();
  private readonly frames = new Map<string, Rect>();
  private readonly inside = new Map<string | undefined, ProcessNode[]>();

  constructor(
    private readonly kinds: KindTable,
    private readonly document: ProcessDocument,
  ) {
    const parents = parentsOf(document);
    for (const node of document.nodes) {
      const scope = parents.get(node.id);
      const list = this.inside.get(scope);
      if (list) list.push(node);
      else this.inside.set(scope, [node]);
    }
  }

  make(): Picture {
    const { document, places } = this;
    this.settle(undefined);
    for (const node of document.nodes) {
      if (places.has(node.id)) continue;
      const host = node.attachedTo ? indexOf(document).nodes.get(node.attachedTo) : undefined;
      const at = host ? places.get(host.id) : undefined;
      if (!host || !at) {
        places.set(node.id, document.layout?.[node.id]?.at ?? [0, 0]);
        continue;
      }
      const { width, height } = this.sizeOf(host);
      const position = attachedOf(document, host.id).findIndex((candidate) => candidate.id === node.id);
      const worded = this.kinds.outputs(host).some((port) => port !== OUT);
      places.set(node.id, boundaryAt({ x: at[0], y: at[1], width, height }, Math.max(0, position), worded));
    }
    return { places, frames: this.frames };
  }

  private sizeOf(node: ProcessNode): { readonly width: number; readonly height: number } {
    return this.frames.get(node.id) ?? geometryOf(this.kinds, node);
  }

  /** Puts the nodes of one scope, the inner ones first: how large a sub-process is follows from its steps. */
  private settle(scope: string | undefined): void {
    const { document, places } = this;
    const layout = document.layout ?? {};
    const homeless: ProcessNode[] = [];
    const stored = new Map<string, Point>();
    for (const node of this.inside.get(scope) ?? []) {
      if (node.kind === 'boundaryEvent' && node.attachedTo) continue;
      if (this.inside.has(node.id)) this.settle(node.id);
      const kids = (this.inside.get(node.id) ?? []).filter((kid) => !kid.attachedTo);
      const at = layout[node.id]?.at;
      const placed = kids.some((kid) => layout[kid.id]?.at);
      if (at && kids.length > 0 && !placed) {
        const { x, y } = this.around(kids);
        this.shift(node.id, at[0] + FRAME.side - x, at[1] + FRAME.top - y);
      }
      if (isOpen(document, node)) this.frames.set(node.id, this.frameOf(node, kids, at));
      const frame = this.frames.get(node.id);
      // An open frame with placed steps is where these are, also when nobody stored a place of its own.
      if (at || (placed && frame)) stored.set(node.id, frame ? [frame.x, frame.y] : (at as Point));
      else homeless.push(node);
    }
    if (homeless.length > 0) {
      arrange(document, homeless, stored, (node) => this.sizeOf(node), scope !== undefined);
      for (const node of homeless) this.carry(node, stored.get(node.id) as Point);
    }
    for (const [id, at] of stored) places.set(id, at);
  }

  private around(kids: readonly ProcessNode[]): Rect {
    return boundsOf(
      kids.map((kid) => {
        const [x, y] = this.places.get(kid.id) ?? [0, 0];
        return { x, y, ...pick(this.sizeOf(kid)) };
      }),
    );
  }

  private frameOf(node: ProcessNode, kids: readonly ProcessNode[], at: Point | undefined): Rect {
    const size = this.document.layout?.[node.id]?.size;
    const width = size?.[0] ?? FRAME.width;
    const height = size?.[1] ?? FRAME.height;
    if (kids.length === 0) return { x: at?.[0] ?? 0, y: at?.[1] ?? 0, width, height };
    const inner = this.around(kids);
    const least = {
      x: inner.x - FRAME.side,
      y: inner.y - FRAME.top,
      width: inner.width + 2 * FRAME.side,
      height: inner.height + FRAME.top + FRAME.bottom,
    };
    return at ? boundsOf([{ x: at[0], y: at[1], width, height }, least]) : least;
  }

  /** A sub-process that was arranged takes its steps along. */
  private carry(node: ProcessNode, to: Point): void {
    const frame = this.frames.get(node.id);
    const kids = (this.inside.get(node.id) ?? []).filter((kid) => !kid.attachedTo);
    if (kids.length === 0 && !frame) return;
    const from = frame ?? this.around(kids);
    const dx = to[0] + (frame ? 0 : FRAME.side) - from.x;
    const dy = to[1] + (frame ? 0 : FRAME.top) - from.y;
    this.shift(node.id, dx, dy);
    if (frame) this.frames.set(node.id, { ...frame, x: to[0], y: to[1] });
  }

  private shift(scope: string, dx: number, dy: number): void {
    for (const { id } of this.inside.get(scope) ?? []) {
      const at = this.places.get(id);
      if (at) this.places.set(id, [at[0] + dx, at[1] + dy]);
      const frame = this.frames.get(id);
      if (frame) this.frames.set(id, { ...frame, x: frame.x + dx, y: frame.y + dy });
      this.shift(id, dx, dy);
    }
  }
}

function pick({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width, height };
}

/** Columns by the longest way from a start, rows by document order: readable, cheap, and stable under edits. */
function arrange(
  document: ProcessDocument,
  homeless: readonly ProcessNode[],
  places: Map<string, Point>,
  sizeOf: (node: ProcessNode) => { readonly width: number; readonly height: number },
  inner: boolean,
): void {
  const levels = levelsOf(document);
  const bottom = new Map<number, number>();
  const floor = places.size === 0 ? 0 : Math.max(...[...places.values()].map(([, y]) => y)) + 180;
  // Columns of a sub-process begin with its own first step, and are as wide as their widest.
  const widths = new Map<number, number>();
  for (const node of homeless) {
    const level = levels.get(node.id) ?? 0;
    const least = inner ? 0 : CARD_WIDTH;
    widths.set(level, Math.max(widths.get(level) ?? least, sizeOf(node).width));
  }
  const columns = new Map<number, { x: number; width: number }>();
  let next = 0;
  let before = inner ? undefined : -1;
  for (const [level, width] of [...widths].sort(([a], [b]) => a - b)) {
    // Columns whose nodes have places of their own keep their room.
    if (before !== undefined && !inner) next += (level - before - 1) * (CARD_WIDTH + 80);
    columns.set(level, { x: next, width });
    next += width + 80;
    before = level;
  }
  for (const node of homeless) {
    const level = levels.get(node.id) ?? 0;
    const column = columns.get(level) ?? { x: 0, width: CARD_WIDTH };
    const y = bottom.get(level) ?? floor;
    const { width, height } = sizeOf(node);
    const x = column.x + (column.width - width) / 2;
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

/** With the document, an open sub-process counts with all its frame. */
export function rectOf(kinds: KindTable, node: ProcessNode, at: Point, document?: ProcessDocument): Rect {
  const { width, height } = document ? drawnGeometry(kinds, document, node) : geometryOf(kinds, node);
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
