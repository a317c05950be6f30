import { flowToEdit, indexOf, nodeToEdit, outcomesOf, snapshot, takenIds } from './document';
import {
  boundsOf,
  CARD_HEIGHT,
  CARD_WIDTH,
  drawnGeometry,
  FRAME,
  framesOf,
  geometryOf,
  overlaps,
  positionsOf,
  type Rect,
  rectOf,
  snap,
} from './geometry';
import type { KindDescriptor, KindTable } from './kinds';
import { ancestorsOf, insideOf, isContainer, isOpen, parentsOf } from './scopes';
import {
  type Flow,
  OUT,
  type Outcome,
  type Point,
  type ProcessDocument,
  type ProcessNode,
  portOf,
} from './types';

/**
 * The edits of a process document. Each changes the document it is given (an Immer draft of `History.run`) and
 * nothing else, keeps flows, layout and boundary events consistent, and says which ids it made.
 */

const GAP_X = 80;
const GAP_Y = 40;

/** `base`, or `base2`, `base3`, ... when it is taken: authors meet ids in expressions, so they stay readable. */
function freeId(base: string, taken: (id: string) => boolean): string {
  const stem = base.replace(/[^A-Za-z0-9_]/g, '') || 'node';
  if (!taken(stem)) return stem;
  for (let n = 2; ; n++) {
    const id = `${stem}${n}`;
    if (!taken(id)) return id;
  }
}

/** Ids are made from the kind, so that expressions such as `steps.approval.outcome` can be read. */
function idStem(descriptor: KindDescriptor): string {
  const words = (descriptor.robot ?? descriptor.kind).split(/[.\-_]/).filter(Boolean);
  const stem = words
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  return stem.replace(/Event$/, '');
}

export function newNode(document: ProcessDocument, descriptor: KindDescriptor, name?: string): ProcessNode {
  const taken = takenIds(snapshot(document));
  const node: ProcessNode = {
    id: freeId(idStem(descriptor), (id) => taken.has(id)),
    kind: descriptor.kind,
    ...(descriptor.robot ? { robot: descriptor.robot } : {}),
    ...structuredClone(descriptor.preset ?? {}),
  };
  if (name) node.name = name;
  return node;
}

function newFlowId(document: ProcessDocument): string {
  const taken = takenIds(snapshot(document));
  return freeId(`f${document.flows.length + 1}`, (id) => taken.has(id));
}

function layoutOf(document: ProcessDocument): NonNullable<ProcessDocument['layout']> {
  document.layout ??= {};
  return document.layout;
}

function place(document: ProcessDocument, id: string, at: Point): void {
  const layout = layoutOf(document);
  layout[id] = { ...layout[id], at: [Math.round(at[0]), Math.round(at[1])] };
}

/** The stored bends of these flows no longer fit; they are routed anew. */
function dropBends(document: ProcessDocument, flowIds: Iterable<string>): void {
  const layout = document.layout;
  if (!layout) return;
  for (const id of flowIds) {
    const entry = layout[id];
    if (!entry?.bends) continue;
    delete entry.bends;
    if (Object.keys(entry).length === 0) delete layout[id];
  }
}

/** Stores the places that are shown but not written yet, so that an edit next to them does not make them jump. */
export function pinLayout(document: ProcessDocument, kinds: KindTable): void {
  const plain = snapshot(document);
  if (plain.nodes.every((node) => plain.layout?.[node.id]?.at || node.attachedTo)) return;
  const places = positionsOf(kinds, plain);
  for (const node of plain.nodes) {
    const at = places.get(node.id);
    if (at && !node.attachedTo && !plain.layout?.[node.id]?.at) place(document, node.id, at);
  }
}

/** Adds a node at a place, in the innermost open sub-process that is there unless `parent` says which. */
export function addNode(
  document: ProcessDocument,
  kinds: KindTable,
  descriptor: KindDescriptor,
  at: Point,
  parent?: string | null,
): string {
  pinLayout(document, kinds);
  const scope = parent === undefined ? scopeAt(document, kinds, at) : (parent ?? undefined);
  const node = newNode(document, descriptor);
  putInto(document, node, scope, at);
  fitFrames(document, kinds);
  return node.id;
}

/** A new sub-process begins with what it needs to run: a start, an end, and the flow between them. */
function putInto(document: ProcessDocument, node: ProcessNode, scope: string | undefined, at: Point): void {
  if (scope !== undefined) node.parent = scope;
  document.nodes.push(node);
  place(document, node.id, at);
  if (!isContainer(node) || node.adHoc !== undefined) return;
  const taken = takenIds(snapshot(document));
  const begin: ProcessNode = {
    id: freeId('start', (id) => taken.has(id)),
    kind: 'startEvent',
    parent: node.id,
  };
  if (node.event === true) begin.trigger = { timer: { after: 'P1D' } };
  const finish: ProcessNode = { id: freeId('end', (id) => taken.has(id)), kind: 'endEvent', parent: node.id };
  document.nodes.push(begin, finish);
  const y = at[1] + FRAME.top + 20;
  place(document, begin.id, [at[0] + FRAME.side, y]);
  place(document, finish.id, [at[0] + FRAME.width - FRAME.side - 64, y]);
  connect(document, begin.id, finish.id);
}

/** The innermost open sub-process round a point, not looking into those of `except`. */
export function scopeAt(
  document: ProcessDocument,
  kinds: KindTable,
  [x, y]: Point,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  const plain = snapshot(document);
  if (!hasFrames(plain)) return undefined;
  let hit: string | undefined;
  let area = Number.POSITIVE_INFINITY;
  for (const [id, rect] of framesOf(kinds, plain)) {
    const around = ancestorsOf(plain, id);
    if (except.has(id) || around.some((outer) => except.has(outer))) continue;
    if (around.some((outer) => plain.layout?.[outer]?.collapsed)) continue;
    if (x < rect.x || y < rect.y || x > rect.x + rect.width || y > rect.y + rect.height) continue;
    if (rect.width * rect.height >= area) continue;
    hit = id;
    area = rect.width * rect.height;
  }
  return hit;
}

function hasFrames(document: ProcessDocument): boolean {
  return snapshot(document).nodes.some(isContainer);
}

/** Stores how large open sub-processes have become; what lies right of one that grew makes room. */
function fitFrames(document: ProcessDocument, kinds: KindTable): void {
  if (!hasFrames(document)) return;
  const depth = (id: string): number => ancestorsOf(snapshot(document), id).length;
  const ids = [...framesOf(kinds, document).keys()].sort((a, b) => depth(b) - depth(a));
  for (const id of ids) {
    const frame = framesOf(kinds, document).get(id) as Rect;
    const entry = snapshot(document).layout?.[id];
    const before = entry?.at && entry.size ? entry.at[0] + entry.size[0] : undefined;
    const size: Point = [Math.round(frame.width), Math.round(frame.height)];
    const at: Point = [Math.round(frame.x), Math.round(frame.y)];
    if (
      entry?.at?.[0] === at[0] &&
      entry.at[1] === at[1] &&
      entry.size?.[0] === size[0] &&
      entry.size[1] === size[1]
    )
      continue;
    layoutOf(document)[id] = { ...entry, at, size };
    const grown = before === undefined ? 0 : at[0] + size[0] - before;
    if (grown > 0) shiftRight(document, kinds, (before as number) - 1, snap(grown + 9), new Set([id]), id);
  }
}

/** Folds a sub-process away or opens it in its place; its neighbours on the right close up or make room. */
export function setCollapsed(
  document: ProcessDocument,
  kinds: KindTable,
  id: string,
  collapsed: boolean,
): void {
  pinLayout(document, kinds);
  const node = indexOf(document).nodes.get(id);
  if (!node || !isContainer(node) || isOpen(snapshot(document), node) !== collapsed) return;
  const rectNow = (): Rect => rects(document, kinds).get(id) as Rect;
  const before = rectNow();
  const entry = layoutOf(document)[id];
  if (collapsed) layoutOf(document)[id] = { ...entry, collapsed: true };
  else if (entry) delete entry.collapsed;
  const after = rectNow();
  const by = after.width - before.width;
  // A folded sub-process keeps the middle of its left side, so that flows stay straight.
  const dy = Math.round(before.y + before.height / 2 - (after.y + after.height / 2));
  if (dy !== 0) moveNodes(document, new Map([[id, [after.x, after.y + dy]]]));
  shiftRight(document, kinds, before.x + before.width - 1, by, new Set([id]), id);
  fitFrames(document, kinds);
}

/**
 * Moves nodes, and into or out of sub-processes when they were dropped there. A node that is connected to others that
 * stay cannot leave them: it stays in its scope and is returned.
 */
export function moveInto(
  document: ProcessDocument,
  kinds: KindTable,
  places: ReadonlyMap<string, Point>,
): string[] {
  const plain = snapshot(document);
  if (!plain.nodes.some(isContainer)) {
    moveNodes(document, places);
    return [];
  }
  pinLayout(document, kinds);
  const before = snapshot(document);
  const parents = parentsOf(before);
  const { nodes, attached } = indexOf(before);
  const moved = new Set(places.keys());
  const roots = [...moved].filter(
    (id) => !nodes.get(id)?.attachedTo && !ancestorsOf(before, id).some((outer) => moved.has(outer)),
  );
  const wanted = new Map<string, string | undefined>();
  for (const id of roots) {
    const node = nodes.get(id);
    const at = places.get(id);
    if (!node || !at) continue;
    const { width, height } = drawnGeometry(kinds, before, node);
    const scope = scopeAt(before, kinds, [at[0] + width / 2, at[1] + height / 2], new Set([id]));
    if (scope !== parents.get(id)) wanted.set(id, scope);
  }
  // Attached events go with their host; what is connected goes together or not at all.
  const follows = (id: string): string => nodes.get(id)?.attachedTo ?? id;
  const refused = new Set<string>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const flow of before.flows) {
      const [a, b] = [follows(flow.from), follows(flow.to)];
      const to = (id: string): string | undefined => (wanted.has(id) ? wanted.get(id) : parents.get(id));
      if (to(a) === to(b) || parents.get(a) !== parents.get(b)) continue;
      for (const id of [a, b]) {
        if (!wanted.delete(id)) continue;
        refused.add(id);
        changed = true;
      }
    }
  }
  moveNodes(document, places);
  for (const [id, scope] of wanted) {
    for (const each of [id, ...(attached.get(id) ?? []).map((event) => event.id)]) {
      const node = nodeToEdit(document, each);
      if (!node) continue;
      if (scope === undefined) delete node.parent;
      else node.parent = scope;
    }
  }
  fitFrames(document, kinds);
  return [...refused];
}

export type Refusal = 'noOutput' | 'noInput' | 'toItself' | 'alreadyConnected' | 'missing' | 'otherScope';

/** Why `from` may not be connected to `to`; undefined when it may. */
export function refusal(
  document: ProcessDocument,
  kinds: KindTable,
  from: string,
  to: string,
  port = OUT,
): Refusal | undefined {
  const { nodes, outgoing } = indexOf(document);
  const source = nodes.get(from);
  const target = nodes.get(to);
  if (!source || !target) return 'missing';
  if (kinds.outputs(source).length === 0) return 'noOutput';
  if (!kinds.hasInput(target)) return 'noInput';
  if (from === to || source.attachedTo === to) return 'toItself';
  if (source.parent !== target.parent) return 'otherScope';
  const twin = (outgoing.get(from) ?? []).some((flow) => flow.to === to && portOf(flow) === port);
  return twin ? 'alreadyConnected' : undefined;
}

export function connect(document: ProcessDocument, from: string, to: string, port = OUT): string {
  const flow: Flow = { id: newFlowId(document), from, to };
  if (port !== OUT) flow.port = port;
  document.flows.push(flow);
  return flow.id;
}

export interface FlowEnds {
  readonly from?: string;
  readonly to?: string;
  readonly port?: string;
}

export function reconnect(document: ProcessDocument, flowId: string, ends: FlowEnds): void {
  const flow = flowToEdit(document, flowId);
  if (!flow) return;
  if (ends.from !== undefined && ends.from !== flow.from) {
    forgetDefault(document, flow);
    flow.from = ends.from;
  }
  if (ends.to !== undefined) flow.to = ends.to;
  if (ends.port === OUT) delete flow.port;
  else if (ends.port !== undefined) flow.port = ends.port;
  dropBends(document, [flowId]);
}

function forgetDefault(document: ProcessDocument, flow: Flow): void {
  const source = nodeToEdit(document, flow.from);
  if (source?.default === flow.id) delete source.default;
}

/** A free output port of the node: the first that no flow leaves, else its first. */
export function freePort(document: ProcessDocument, kinds: KindTable, node: ProcessNode): string {
  const ports = kinds.outputs(node);
  const used = new Set((indexOf(document).outgoing.get(node.id) ?? []).map(portOf));
  return ports.find((port) => !used.has(port)) ?? ports[0] ?? OUT;
}

/** Adds a node behind `from`, connected to its port, on the next free place in flow direction. */
export function appendNode(
  document: ProcessDocument,
  kinds: KindTable,
  descriptor: KindDescriptor,
  from: string,
  port: string,
  at?: Point,
): string {
  pinLayout(document, kinds);
  const node = newNode(document, descriptor);
  const target = at ?? freePlace(document, kinds, node, from, port);
  putInto(document, node, indexOf(document).nodes.get(from)?.parent, target);
  if (kinds.hasInput(node)) connect(document, from, node.id, port);
  fitFrames(document, kinds);
  return node.id;
}

function rects(edited: ProcessDocument, kinds: KindTable): Map<string, Rect> {
  const document = snapshot(edited);
  const places = positionsOf(kinds, document);
  return new Map(
    document.nodes.map((node) => [node.id, rectOf(kinds, node, places.get(node.id) ?? [0, 0], document)]),
  );
}

function freePlace(
  document: ProcessDocument,
  kinds: KindTable,
  node: ProcessNode,
  from: string,
  port: string,
): Point {
  const plain = snapshot(document);
  const { nodes } = indexOf(plain);
  const all = rects(plain, kinds);
  const source = all.get(from);
  const sourceNode = nodes.get(from);
  if (!source || !sourceNode) return [0, 0];
  const geometry = newGeometry(kinds, node);
  const exit = drawnGeometry(kinds, plain, sourceNode).outputs.find((candidate) => candidate.id === port);
  const below = exit?.side === 'bottom';
  const input = geometry.input?.y ?? geometry.height / 2;
  let x = source.x + (below ? source.width / 2 + GAP_X / 2 : source.width + GAP_X);
  let y = below ? source.y + source.height + GAP_Y : source.y + (exit?.y ?? source.height / 2) - input;
  x = snap(x);
  // Exact to the port, not to the grid: a straight edge reads better than an aligned corner.
  y = Math.round(y);
  // The sub-process around is no obstacle; steps of other scopes lie inside theirs, which is one.
  const taken = [...all.entries()]
    .filter(([id]) => id !== from && nodes.get(id)?.parent === sourceNode.parent)
    .map(([, rect]) => rect);
  const size = { width: geometry.width, height: geometry.height };
  while (taken.some((rect) => overlaps(rect, { x, y, ...size }, GAP_Y / 2))) y += GAP_Y;
  return [x, y];
}

/** How a node that is not in the document yet will be drawn: a new sub-process comes open. */
function newGeometry(kinds: KindTable, node: ProcessNode) {
  const geometry = geometryOf(kinds, node);
  if (!isContainer(node)) return geometry;
  return { ...geometry, width: FRAME.width, height: FRAME.height, input: undefined };
}

/**
 * Puts `nodeId`, which has no flows yet, into the middle of a flow. What lies behind moves right only as far as is
 * needed to make room.
 */
export function insertOnFlow(
  document: ProcessDocument,
  kinds: KindTable,
  flowId: string,
  nodeId: string,
): void {
  pinLayout(document, kinds);
  const flow = flowToEdit(document, flowId);
  const node = indexOf(document).nodes.get(nodeId);
  if (!flow || !node) return;
  const oldTarget = flow.to;
  flow.to = nodeId;
  const scope = indexOf(document).nodes.get(flow.from)?.parent;
  const inserted = nodeToEdit(document, nodeId);
  if (inserted && scope !== undefined) inserted.parent = scope;
  else if (inserted) delete inserted.parent;
  connect(document, nodeId, oldTarget, kinds.outputs(node)[0] ?? OUT);
  dropBends(document, [flowId]);

  const plain = snapshot(document);
  const all = rects(plain, kinds);
  const source = all.get(flow.from);
  const target = all.get(oldTarget);
  if (!source || !target) return;
  const { width, height, input } = drawnGeometry(kinds, plain, node);
  const sourceNode = indexOf(plain).nodes.get(flow.from);
  const exit =
    sourceNode && drawnGeometry(kinds, plain, sourceNode).outputs.find((port) => port.id === portOf(flow));
  const forward = target.x >= source.x + source.width;
  const x = source.x + source.width + GAP_X;
  const exitY = source.y + (exit?.y ?? source.height / 2);
  const put = (at: Point): void => {
    moveNodes(document, new Map([[nodeId, at]]));
    place(document, nodeId, at);
  };
  if (!forward) {
    put([
      snap((source.x + target.x) / 2),
      snap(Math.max(source.y + source.height, target.y + target.height) + GAP_Y),
    ]);
    fitFrames(document, kinds);
    return;
  }
  const room = target.x - (source.x + source.width);
  const centred = room >= width + GAP_X;
  const at: Point = [
    centred ? snap(source.x + source.width + (room - width) / 2) : snap(x),
    Math.round(exitY - (input?.y ?? height / 2)),
  ];
  put(at);
  const missing = at[0] + width + GAP_X / 2 - target.x;
  if (missing > 0)
    shiftRight(document, kinds, target.x, snap(missing + GAP_X / 2), new Set([nodeId, flow.from]), nodeId);
  fitFrames(document, kinds);
}

function shiftRight(
  document: ProcessDocument,
  kinds: KindTable,
  from: number,
  by: number,
  except: ReadonlySet<string>,
  beside: string,
): void {
  const moved = new Map<string, Point>();
  const plain = snapshot(document);
  const parents = parentsOf(plain);
  const scope = parents.get(beside);
  for (const [id, at] of positionsOf(kinds, plain)) {
    if (!except.has(id) && at[0] >= from && parents.get(id) === scope) moved.set(id, [at[0] + by, at[1]]);
  }
  moveNodes(document, moved);
}

/** Moves nodes to new places, sub-processes with all that is in them. Bends of flows between moved nodes move along; other bends at moved nodes are dropped. */
export function moveNodes(document: ProcessDocument, places: ReadonlyMap<string, Point>): void {
  const plain = snapshot(document);
  const { nodes } = indexOf(plain);
  const deltas = new Map<string, Point>();
  for (const [id, at] of withInner(plain, places)) {
    if (nodes.get(id)?.attachedTo) continue;
    const before = plain.layout?.[id]?.at;
    if (before && before[0] === Math.round(at[0]) && before[1] === Math.round(at[1])) continue;
    place(document, id, at);
    deltas.set(id, before ? [Math.round(at[0]) - before[0], Math.round(at[1]) - before[1]] : [0, 0]);
  }
  if (deltas.size === 0) return;
  const layout = layoutOf(document);
  const deltaOf = (id: string): Point | undefined =>
    deltas.get(id) ?? deltas.get(nodes.get(id)?.attachedTo ?? '');
  for (const flow of plain.flows) {
    const bends = plain.layout?.[flow.id]?.bends;
    if (!bends) continue;
    const a = deltaOf(flow.from);
    const b = deltaOf(flow.to);
    if (!a && !b) continue;
    if (a && b && a[0] === b[0] && a[1] === b[1]) {
      layout[flow.id] = { ...plain.layout?.[flow.id], bends: bends.map(([x, y]) => [x + a[0], y + a[1]]) };
    } else {
      dropBends(document, [flow.id]);
    }
  }
}

/** The places together with those of the steps inside moved sub-processes. */
function withInner(plain: ProcessDocument, places: ReadonlyMap<string, Point>): ReadonlyMap<string, Point> {
  const inner = insideOf(plain, places.keys());
  if (inner.size === 0) return places;
  const all = new Map(places);
  for (const id of inner) {
    const at = plain.layout?.[id]?.at;
    // The innermost moved sub-process round it says how far it goes.
    const carrier = ancestorsOf(plain, id).find((outer) => places.has(outer));
    const from = carrier === undefined ? undefined : plain.layout?.[carrier]?.at;
    const to = carrier === undefined ? undefined : places.get(carrier);
    if (all.has(id) || !at || !from || !to) continue;
    all.set(id, [at[0] + to[0] - from[0], at[1] + to[1] - from[1]]);
  }
  return all;
}

/** Places and bends from the layout worker. Flows without bends in `bends` are routed by the canvas. */
export function applyLayout(
  document: ProcessDocument,
  places: ReadonlyMap<string, Point>,
  bends: ReadonlyMap<string, Point[]>,
  sizes: ReadonlyMap<string, Point> = new Map(),
): void {
  moveNodes(document, places);
  const layout = layoutOf(document);
  for (const [id, size] of sizes) layout[id] = { ...layout[id], size };
  for (const [id, points] of bends) {
    if (points.length > 0)
      layout[id] = { ...layout[id], bends: points.map(([x, y]) => [Math.round(x), Math.round(y)]) };
    else dropBends(document, [id]);
  }
}

export interface DeleteOptions {
  /** Join the neighbours of a deleted node that had one flow in and one out. */
  readonly heal: boolean;
}

/** Deletes nodes and flows with everything that hangs on them. */
export function deleteElements(
  document: ProcessDocument,
  ids: Iterable<string>,
  options: DeleteOptions,
): void {
  const doomed = new Set(ids);
  const before = snapshot(document);
  for (const id of insideOf(before, doomed)) doomed.add(id);
  for (const node of before.nodes) if (node.attachedTo && doomed.has(node.attachedTo)) doomed.add(node.id);
  if (options.heal) heal(document, before, doomed);
  const healed = snapshot(document);
  const defaults = new Map(
    healed.nodes.flatMap((node) => (node.default ? [[node.default, node.id] as const] : [])),
  );
  for (const flow of healed.flows) {
    if (doomed.has(flow.from) || doomed.has(flow.to)) doomed.add(flow.id);
    const owner = doomed.has(flow.id) ? nodeToEdit(document, defaults.get(flow.id)) : undefined;
    if (owner) delete owner.default;
  }
  const after = snapshot(document);
  if (after.nodes.some((node) => doomed.has(node.id)))
    document.nodes = after.nodes.filter((node) => !doomed.has(node.id));
  if (after.flows.some((flow) => doomed.has(flow.id)))
    document.flows = after.flows.filter((flow) => !doomed.has(flow.id));
  for (const id of doomed) if (after.layout?.[id]) delete document.layout?.[id];
}

interface Join {
  readonly id: string;
  readonly from: string;
  to: string;
  readonly port: string;
}

/** Joins the neighbours of deleted nodes, across chains of them, with the flow that led into the first. */
function heal(document: ProcessDocument, before: ProcessDocument, doomed: ReadonlySet<string>): void {
  const { attached, flows } = indexOf(before);
  const into = new Map<string, Join[]>();
  const outOf = new Map<string, Join[]>();
  const add = (map: Map<string, Join[]>, key: string, join: Join): void =>
    void map.set(key, [...(map.get(key) ?? []), join]);
  for (const flow of before.flows) {
    if (doomed.has(flow.id)) continue;
    const join = { id: flow.id, from: flow.from, to: flow.to, port: portOf(flow) };
    add(into, join.to, join);
    add(outOf, join.from, join);
  }
  const moved = new Set<Join>();
  for (const { id, attachedTo } of before.nodes) {
    if (!doomed.has(id) || attachedTo || attached.has(id)) continue;
    const [first, ...others] = into.get(id) ?? [];
    const [next, ...more] = outOf.get(id) ?? [];
    if (!first || !next || others.length > 0 || more.length > 0) continue;
    if (first.from === next.to || first.from === id || next.to === id) continue;
    if ((outOf.get(first.from) ?? []).some((join) => join.to === next.to && join.port === first.port))
      continue;
    first.to = next.to;
    into.set(next.to, [...(into.get(next.to) ?? []).filter((join) => join !== next), first]);
    moved.add(first);
  }
  for (const join of moved) {
    const flow = flowToEdit(document, join.id);
    if (!flow || doomed.has(join.from) || doomed.has(join.to) || flows.get(join.id)?.to === join.to) continue;
    flow.to = join.to;
    dropBends(document, [join.id]);
  }
}

/** Sets a field by path (`name`, `config.due.amount`); undefined removes it, and a config that became empty with it. */
export function setField(document: ProcessDocument, id: string, path: string, value: unknown): void {
  const element = nodeToEdit(document, id) ?? flowToEdit(document, id);
  if (!element) return;
  const node = element as ProcessNode;
  if (path === 'config.outcomes') renamePorts(document, node, value);
  const keys = path.split('.');
  const last = keys.pop() as string;
  let holder = element as unknown as Record<string, unknown>;
  for (const key of keys) {
    if (typeof holder[key] !== 'object' || holder[key] === null) holder[key] = {};
    holder = holder[key] as Record<string, unknown>;
  }
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  if (node.config && Object.keys(node.config).length === 0) delete node.config;
}

/** Replaces the whole config, as a form hands it over. */
export function setConfig(document: ProcessDocument, id: string, config: Record<string, unknown>): void {
  const node = nodeToEdit(document, id);
  if (!node) return;
  renamePorts(document, node, config.outcomes);
  if (Object.keys(config).length > 0) node.config = config;
  else delete node.config;
}

/** When exactly one outcome got another name in its place, its flows follow; removed outcomes leave theirs to the checks. */
function renamePorts(document: ProcessDocument, node: ProcessNode, next: unknown): void {
  const before = outcomesOf(node);
  const after = Array.isArray(next) ? (next as Outcome[]) : [];
  if (before.length !== after.length) return;
  const renamed = before
    .map((outcome, i) => [outcome.name, after[i]?.name] as const)
    .filter(([a, b]) => a !== b && typeof b === 'string' && b !== '');
  const [pair] = renamed;
  if (renamed.length !== 1 || !pair || before.some((outcome) => outcome.name === pair[1])) return;
  for (const { id, port } of indexOf(document).outgoing.get(node.id) ?? []) {
    const flow = port === pair[0] ? flowToEdit(document, id) : undefined;
    if (flow) flow.port = pair[1] as string;
  }
}

/** Changes what a node is, keeping name, place, edges, and the config fields that the new kind also has. */
export function changeKind(
  document: ProcessDocument,
  kinds: KindTable,
  id: string,
  descriptor: KindDescriptor,
): void {
  const plain = snapshot(document);
  const position = plain.nodes.findIndex((node) => node.id === id);
  const old = plain.nodes[position];
  if (!old) return;
  const next: ProcessNode = { id, kind: descriptor.kind, ...structuredClone(descriptor.preset ?? {}) };
  if (descriptor.robot) next.robot = descriptor.robot;
  if (old.parent !== undefined) next.parent = old.parent;
  if (isContainer(old) && !isContainer(next)) {
    const inner = insideOf(plain, [id]);
    if (inner.size > 0) {
      deleteElements(document, inner, { heal: false });
      changeKind(document, kinds, id, descriptor);
      return;
    }
  }
  for (const field of ['name', 'description', 'disabled', 'policy', 'x'] as const) {
    if (old[field] !== undefined) next[field] = old[field] as never;
  }
  const properties = descriptor.schema?.properties ?? {};
  const kept = Object.entries(old.config ?? {}).filter(([field]) => field in properties);
  if (kept.length > 0) next.config = { ...next.config, ...Object.fromEntries(kept) };
  document.nodes[position] = next;
  const ports = kinds.outputs(next);
  const leaving = document.flows.filter((_, i) => plain.flows[i]?.from === id);
  leaving.forEach((flow, i) => {
    if (ports.includes(portOf(flow)) || ports.length === 0) return;
    const port = ports[Math.min(i, ports.length - 1)] as string;
    if (port === OUT) delete flow.port;
    else flow.port = port;
  });
  if (
    leaving.some((flow) => flow.id === old.default) &&
    descriptor.kind.endsWith('Gateway') &&
    descriptor.kind !== 'parallelGateway'
  ) {
    next.default = old.default as string;
  }
  dropBends(
    document,
    plain.flows.filter((flow) => flow.from === id || flow.to === id).map((flow) => flow.id),
  );
}

export function addBoundary(
  document: ProcessDocument,
  kinds: KindTable,
  host: string,
  descriptor: KindDescriptor,
): string {
  pinLayout(document, kinds);
  const node = newNode(document, descriptor);
  node.attachedTo = host;
  const scope = indexOf(document).nodes.get(host)?.parent;
  if (scope !== undefined) node.parent = scope;
  document.nodes.push(node);
  return node.id;
}

export function toggleDisabled(document: ProcessDocument, ids: Iterable<string>): void {
  const chosen = new Set(ids);
  const nodes = document.nodes.filter((node) => chosen.has(node.id));
  const disable = nodes.some((node) => !node.disabled);
  for (const node of nodes) {
    if (disable) node.disabled = true;
    else delete node.disabled;
  }
}

/** Makes `flowId` the default of its source, or takes that away. */
export function setDefault(document: ProcessDocument, flowId: string, isDefault: boolean): void {
  const flow = flowToEdit(document, flowId);
  const source = nodeToEdit(document, flow?.from);
  if (!flow || !source) return;
  if (!isDefault) {
    if (source.default === flowId) delete source.default;
    return;
  }
  source.default = flowId;
  delete flow.when;
}

export function setCondition(document: ProcessDocument, flowId: string, condition: string): void {
  const flow = flowToEdit(document, flowId);
  if (!flow) return;
  if (condition.trim() === '') delete flow.when;
  else {
    flow.when = condition;
    forgetDefault(document, flow);
  }
}

/** Moves everything right of (or below) a line, to make room. */
export function makeRoom(
  document: ProcessDocument,
  kinds: KindTable,
  axis: 0 | 1,
  from: number,
  by: number,
): void {
  pinLayout(document, kinds);
  const moved = new Map<string, Point>();
  for (const [id, at] of positionsOf(kinds, snapshot(document))) {
    if (at[axis] >= from) moved.set(id, axis === 0 ? [at[0] + by, at[1]] : [at[0], at[1] + by]);
  }
  moveNodes(document, moved);
}

export interface Steps {
  readonly nodes: readonly ProcessNode[];
  readonly flows: readonly Flow[];
  readonly layout: Readonly<Record<string, { at?: Point; bends?: Point[] }>>;
}

/** The chosen nodes with their boundary events and the flows between them, ready for the clipboard. */
export function pickSteps(edited: ProcessDocument, kinds: KindTable, ids: Iterable<string>): Steps {
  const document = snapshot(edited);
  const wanted = [...ids];
  const chosen = new Set([...wanted, ...insideOf(document, wanted)]);
  const nodes = document.nodes.filter(
    (node) => chosen.has(node.id) || (node.attachedTo !== undefined && chosen.has(node.attachedTo)),
  );
  const inside = new Set(nodes.map((node) => node.id));
  const flows = document.flows.filter((flow) => inside.has(flow.from) && inside.has(flow.to));
  const places = positionsOf(kinds, document);
  const layout: Record<string, { at?: Point; bends?: Point[] }> = {};
  for (const node of nodes) if (!node.attachedTo) layout[node.id] = { at: places.get(node.id) ?? [0, 0] };
  for (const flow of flows) {
    const bends = document.layout?.[flow.id]?.bends;
    if (bends) layout[flow.id] = { bends };
  }
  return { nodes, flows, layout };
}

/**
 * Adds steps under new ids. `at` is the wanted top left corner of their bounding box; without it they come 40 px
 * right of and below their old places. References to steps outside keep their text and are found by the checks.
 */
export function pasteSteps(document: ProcessDocument, kinds: KindTable, steps: Steps, at?: Point): string[] {
  pinLayout(document, kinds);
  const taken = takenIds(snapshot(document));
  const renamed = new Map<string, string>();
  const rename = (id: string): string => {
    const stem = id.replace(/\d+$/, '') || id;
    const fresh = taken.has(id) ? freeId(stem, (candidate) => taken.has(candidate)) : id;
    taken.add(fresh);
    renamed.set(id, fresh);
    return fresh;
  };
  for (const node of steps.nodes) rename(node.id);
  for (const flow of steps.flows) rename(flow.id);
  const ids: string[] = [];
  const box = boundsOf(
    steps.nodes
      .filter((node) => !node.attachedTo || !renamed.has(node.attachedTo))
      .map((node) => rectOf(kinds, node, steps.layout[node.id]?.at ?? [0, 0])),
  );
  const around = at ? scopeAt(document, kinds, at) : undefined;
  const dx = at ? snap(at[0] - box.x) : 2 * 20;
  const dy = at ? snap(at[1] - box.y) : 2 * 20;
  for (const original of steps.nodes) {
    const node = rewriteSteps(structuredClone(original) as ProcessNode, renamed);
    node.id = renamed.get(original.id) as string;
    if (node.attachedTo) {
      const host = renamed.get(node.attachedTo);
      if (host) node.attachedTo = host;
      else delete node.attachedTo;
    }
    const scope = node.parent === undefined ? undefined : renamed.get(node.parent);
    if (scope !== undefined) node.parent = scope;
    else putPasted(document, node, around);
    if (node.default) {
      const flow = renamed.get(node.default);
      if (flow) node.default = flow;
      else delete node.default;
    }
    document.nodes.push(node);
    const from = steps.layout[original.id]?.at;
    if (from && !node.attachedTo) place(document, node.id, [from[0] + dx, from[1] + dy]);
    ids.push(node.id);
  }
  for (const original of steps.flows) {
    const flow = rewriteSteps(structuredClone(original) as Flow, renamed);
    flow.id = renamed.get(original.id) as string;
    flow.from = renamed.get(original.from) as string;
    flow.to = renamed.get(original.to) as string;
    document.flows.push(flow);
    const bends = steps.layout[original.id]?.bends;
    if (bends) layoutOf(document)[flow.id] = { bends: bends.map(([x, y]) => [x + dx, y + dy]) };
  }
  fitFrames(document, kinds);
  return ids;
}

/** Pasted at a point, a step goes into the sub-process there; duplicated, it stays beside its original. */
function putPasted(document: ProcessDocument, node: ProcessNode, around: string | undefined): void {
  const kept =
    node.parent !== undefined && indexOf(document).nodes.has(node.parent) ? node.parent : undefined;
  const scope = around ?? kept;
  if (scope === undefined) delete node.parent;
  else node.parent = scope;
}

/** Expressions of pasted steps that read one another's results follow the new ids. */
function rewriteSteps<T>(value: T, renamed: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') {
    return value.replace(/\bsteps\.([A-Za-z_]\w*)/g, (whole, id: string) => {
      const fresh = renamed.get(id);
      return fresh ? `steps.${fresh}` : whole;
    }) as T;
  }
  if (Array.isArray(value)) return value.map((item) => rewriteSteps(item, renamed)) as T;
  if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      (value as Record<string, unknown>)[key] = rewriteSteps(item, renamed);
    }
  }
  return value;
}

/** A free place near the wanted one, so that steps added by click do not cover others. */
export function freeSpot(
  document: ProcessDocument,
  kinds: KindTable,
  wanted: Point,
  scope: string | undefined,
): Point {
  const parents = parentsOf(snapshot(document));
  const all = [...rects(document, kinds)].filter(([id]) => parents.get(id) === scope).map(([, rect]) => rect);
  let [x, y] = [snap(wanted[0]), snap(wanted[1])];
  while (all.some((rect) => overlaps(rect, { x, y, width: CARD_WIDTH, height: CARD_HEIGHT }, 0))) {
    x += GAP_Y;
    y += GAP_Y;
  }
  return [x, y];
}
