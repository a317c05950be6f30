import { flowToEdit, indexOf, nodeToEdit, snapshot, takenIds } from '../document';
import { CARD_HEIGHT, CARD_WIDTH, drawnGeometry, FRAME, geometryOf, overlaps, snap } from '../geometry';
import type { KindDescriptor, KindTable } from '../kinds';
import { isContainer, parentsOf } from '../scopes';
import { OUT, type Point, type ProcessDocument, type ProcessNode, portOf } from '../types';
import { connect } from './connect';
import { freeId, newNode } from './ids';
import { dropBends, GAP_X, GAP_Y, moveNodes, pinLayout, place, rects, shiftRight } from './place';
import { fitFrames, scopeAt } from './scope';

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
  // A branch below leaves the row beside its host free, for a step with several exits too.
  let y = below ? source.y + source.height + 3 * GAP_Y : source.y + (exit?.y ?? source.height / 2) - input;
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
