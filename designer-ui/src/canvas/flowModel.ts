import type { Edge, Node } from '@xyflow/react';
import { type DocumentIndex, indexOf, isGateway } from '@/lib/process/document';
import {
  framesOf,
  type Geometry,
  outputPort,
  positionsOf,
  type Rect,
  withFrame,
} from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import type { ChangeKind } from '@/lib/process/patches';
import { route } from '@/lib/process/route';
import { ancestorsOf, hiddenIn } from '@/lib/process/scopes';
import {
  conditionOf,
  type Flow,
  type Point,
  type ProcessDocument,
  type ProcessNode,
  portOf,
} from '@/lib/process/types';

/** Findings at an element, as its mark shows them. */
export interface Mark {
  readonly severity: 'error' | 'warning';
  readonly count: number;
}

export interface StepData extends Record<string, unknown> {
  readonly node: ProcessNode;
  readonly geometry: Geometry;
  readonly mark: Mark | undefined;
  readonly change: ChangeKind | undefined;
  /** It undoes another step. */
  readonly undoes: boolean;
  /** Output ports that no flow leaves; they offer a "+". */
  readonly free: string;
  /** A gateway with one way in and one way out: the second way, for which it was drawn, is still to come. */
  readonly branch: boolean;
}

export interface FlowData extends Record<string, unknown> {
  readonly flow: Flow;
  readonly points: readonly Point[];
  readonly label: string;
  readonly isDefault: boolean;
  readonly mark: Mark | undefined;
  readonly change: ChangeKind | undefined;
}

export type StepNode = Node<StepData, 'step'>;
export type FlowEdge = Edge<FlowData, 'flow'>;

export interface ModelInput {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly selection: ReadonlySet<string>;
  /** Places of a drag in progress, not yet in the document. */
  readonly moving: ReadonlyMap<string, Point>;
  readonly marks: ReadonlyMap<string, Mark> | undefined;
  readonly changes: ReadonlyMap<string, ChangeKind> | undefined;
  readonly editable: boolean;
  /** Accessible names. A new function says that the words have changed, so keep it while they have not. */
  readonly describe: (node: ProcessNode, incoming: number, outgoing: number) => string;
  readonly describeFlow: (from: ProcessNode, to: ProcessNode) => string;
}

export interface Model {
  readonly nodes: StepNode[];
  readonly edges: FlowEdge[];
  readonly rects: ReadonlyMap<string, Rect>;
}

/** One run over the document: what is looked up once and not for each of thousands of elements. */
interface Pass extends ModelInput {
  readonly index: DocumentIndex;
  readonly depths: ReadonlyMap<string, number>;
  /** Steps that undo another. */
  readonly handlers: ReadonlySet<unknown>;
  readonly geometries: ReadonlyMap<string, Geometry>;
  readonly rects: ReadonlyMap<string, Rect>;
}

const NO_PORTS = '';

/** What the accessible name of an element is made of. */
type Spoken = readonly unknown[];
const spokenOf = new WeakMap<StepNode | FlowEdge, Spoken>();

/**
 * The name is put together when the element is drawn: of thousands of elements few are on the screen, and translating
 * the names of all took longer than everything else about opening a large process.
 */
function spoken(name: () => string, id?: string): object {
  return {
    ...(id === undefined ? {} : { id }),
    get 'aria-label'() {
      return name();
    },
  };
}

function sameSpoken(element: StepNode | FlowEdge, parts: Spoken): boolean {
  const before = spokenOf.get(element);
  return before !== undefined && parts.every((part, i) => part === before[i]);
}

/** A step at its end has changed in something that its name does not tell. */
function saysTheSame(
  edge: FlowEdge,
  describe: ModelInput['describeFlow'],
  source: ProcessNode,
  target: ProcessNode,
): boolean {
  const [before, from, to] = (spokenOf.get(edge) ?? []) as [unknown, ProcessNode, ProcessNode];
  return before === describe && describe(from, to) === describe(source, target);
}

/** The library looks all edges up again when it is given another list. */
function sameList(before: FlowEdge[] | undefined, now: FlowEdge[]): FlowEdge[] {
  return before?.length === now.length && now.every((edge, i) => edge === before[i]) ? before : now;
}

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

/**
 * Turns the document into what the canvas library draws. Elements that did not change keep their objects, so the
 * library and `memo` skip them.
 */
export class ModelCache {
  private nodes = new Map<string, StepNode>();
  private edges = new Map<string, FlowEdge>();
  private rects = new Map<string, Rect>();
  private last: { readonly pass: Pass; readonly input: ModelInput; readonly model: Model } | undefined;

  build(input: ModelInput): Model {
    const { last } = this;
    // While something is dragged only that, and what is connected with it, is looked at.
    if (last && onlyMoves(last.input, input)) return this.moved(last, input);
    const { document, kinds, moving } = input;
    const stored = positionsOf(kinds, document);
    const frames = framesOf(kinds, document);
    const rects = new Map<string, Rect>();
    const geometries = new Map<string, Geometry>();
    const hidden = hiddenIn(document);
    // A draft may hold an id twice: the first is drawn, the checks name the other.
    let drawn = document.nodes.filter((node) => {
      if (rects.has(node.id) || hidden.has(node.id)) return false;
      rects.set(node.id, NOWHERE);
      return true;
    });
    const depths = depthsOf(document);
    // What is around is drawn first: it lies below.
    if (depths.size > 0) drawn = drawn.sort((a, b) => depthOf(depths, a.id) - depthOf(depths, b.id));
    const marks = hidden.size > 0 ? gathered(input.marks, hidden) : input.marks;
    for (const node of drawn) {
      const geometry = withFrame(kinds, node, frames.get(node.id));
      geometries.set(node.id, geometry);
      const [x, y] = placeOf(document, node, stored, moving);
      const known = this.rects.get(node.id);
      const same =
        known &&
        known.x === x &&
        known.y === y &&
        known.width === geometry.width &&
        known.height === geometry.height;
      rects.set(node.id, same ? known : { x, y, width: geometry.width, height: geometry.height });
    }
    const handlers = handlersOf(document);
    const pass: Pass = { ...input, marks, index: indexOf(document), depths, handlers, geometries, rects };
    const nodes = drawn.map((node) => this.step(pass, node, depthOf(depths, node.id)));
    const edges = new Map<string, FlowEdge>();
    for (const flow of document.flows) {
      const edge = edges.has(flow.id) ? undefined : this.flow(pass, flow, depthOf(depths, flow.from));
      if (edge) edges.set(flow.id, edge);
    }
    this.nodes = new Map(nodes.map((node) => [node.id, node]));
    this.edges = edges;
    this.rects = rects;
    const model = { nodes, edges: sameList(last?.model.edges, [...edges.values()]), rects };
    this.last = { pass, input, model };
    return model;
  }

  private moved(last: { pass: Pass; input: ModelInput; model: Model }, input: ModelInput): Model {
    const { document, kinds, moving } = input;
    const { index, depths } = last.pass;
    const stored = positionsOf(kinds, document);
    const taken = new Set([
      ...carriedBy(document, depths, last.input.moving),
      ...carriedBy(document, depths, moving),
    ]);
    const rects = new Map(this.rects);
    for (const id of taken) {
      const node = this.nodes.get(id)?.data.node;
      const before = rects.get(id);
      if (!node || !before) continue;
      const [x, y] = placeOf(document, node, stored, moving);
      if (before.x !== x || before.y !== y) rects.set(id, { ...before, x, y });
    }
    const pass: Pass = { ...last.pass, moving, rects };
    const nodes = new Map(this.nodes);
    const flows = new Set<Flow>();
    for (const id of taken) {
      const node = nodes.get(id)?.data.node;
      if (!node) continue;
      nodes.set(id, this.step(pass, node, depthOf(depths, id)));
      for (const flow of index.incoming.get(id) ?? []) flows.add(flow);
      for (const flow of index.outgoing.get(id) ?? []) flows.add(flow);
    }
    const edges = new Map(this.edges);
    for (const flow of flows) {
      const edge =
        edges.get(flow.id)?.data?.flow === flow && this.flow(pass, flow, depthOf(depths, flow.from));
      if (edge) edges.set(flow.id, edge);
    }
    this.nodes = nodes;
    this.edges = edges;
    this.rects = rects;
    const model = { nodes: [...nodes.values()], edges: [...edges.values()], rects };
    this.last = { pass, input, model };
    return model;
  }

  private step(input: Pass, node: ProcessNode, depth: number): StepNode {
    const geometry = input.geometries.get(node.id) as Geometry;
    const rect = input.rects.get(node.id) as Rect;
    const { incoming, outgoing, attached } = input.index;
    const leaving = outgoing.get(node.id);
    const selected = input.selection.has(node.id);
    const mark = input.marks?.get(node.id);
    const change = input.changes?.get(node.id);
    const free = input.editable ? freePorts(leaving, geometry) : NO_PORTS;
    const undoes = input.handlers.has(node.id);
    const zIndex = 3 * depth + (node.attachedTo ? 2 : 1);
    const { describe } = input;
    const ins = incoming.get(node.id)?.length ?? 0;
    const branch = input.editable && isGateway(node.kind) && ins < 2 && leaving?.length === 1;
    const outs = (leaving?.length ?? 0) + (attached.get(node.id)?.length ?? 0);
    const parts: Spoken = [describe, node, ins, outs];
    const known = this.nodes.get(node.id);
    if (
      known &&
      known.data.node === node &&
      known.data.geometry === geometry &&
      known.position.x === rect.x &&
      known.position.y === rect.y &&
      known.selected === selected &&
      sameMark(known.data.mark, mark) &&
      known.data.change === change &&
      known.data.free === free &&
      known.data.branch === branch &&
      known.data.undoes === undoes &&
      known.zIndex === zIndex &&
      sameSpoken(known, parts)
    ) {
      return known;
    }
    const sameData =
      known &&
      known.data.node === node &&
      known.data.geometry === geometry &&
      sameMark(known.data.mark, mark) &&
      known.data.change === change &&
      known.data.free === free &&
      known.data.branch === branch &&
      known.data.undoes === undoes;
    const step: StepNode = {
      id: node.id,
      type: 'step',
      position: { x: rect.x, y: rect.y },
      width: geometry.width,
      height: geometry.height,
      handles: handlesOf(geometry),
      data: sameData ? known.data : { node, geometry, mark, change, free, branch, undoes },
      selected,
      draggable: input.editable && !node.attachedTo,
      connectable: input.editable,
      focusable: false,
      ariaRole: 'group',
      // The library's type leaves `id` out although it passes it on; the canvas' active descendant needs it.
      domAttributes: spoken(() => describe(node, ins, outs), stepDomId(node.id)) as StepNode['domAttributes'],
      zIndex,
    };
    spokenOf.set(step, parts);
    return step;
  }

  private flow(input: Pass, flow: Flow, depth: number): FlowEdge | undefined {
    const { rects, geometries } = input;
    const { nodes } = input.index;
    const source = nodes.get(flow.from);
    const target = nodes.get(flow.to);
    const sourceRect = rects.get(flow.from);
    const targetRect = rects.get(flow.to);
    const sourceGeometry = geometries.get(flow.from);
    const into = geometries.get(flow.to)?.input;
    if (!source || !target || !sourceRect || !targetRect || !sourceGeometry) return undefined;
    const port = outputPort(sourceGeometry, portOf(flow));
    if (!port || !into) return undefined;
    const selected = input.selection.has(flow.id);
    const mark = input.marks?.get(flow.id);
    const change = input.changes?.get(flow.id);
    const isDefault = source.default === flow.id;
    const { describeFlow } = input;
    const parts: Spoken = [describeFlow, source, target];
    // Named outputs of a card show their name beside the port already.
    const label = flow.name === undefined || flow.name === flow.port ? conditionOf(flow) : flow.name;
    const bends =
      input.moving.size === 0 || !touches(input.document, flow, input.moving)
        ? input.document.layout?.[flow.id]?.bends
        : undefined;
    const known = this.edges.get(flow.id);
    const before = known?.data;
    const samePlace =
      before !== undefined &&
      before.flow === flow &&
      this.rects.get(flow.from) === sourceRect &&
      this.rects.get(flow.to) === targetRect &&
      before.bends === bends &&
      before.portY === port.y &&
      before.portX === port.x;
    if (
      known &&
      before &&
      samePlace &&
      known.selected === selected &&
      sameMark(before.mark, mark) &&
      before.change === change &&
      before.isDefault === isDefault &&
      known.zIndex === 3 * depth &&
      (sameSpoken(known, parts) || saysTheSame(known, describeFlow, source, target))
    ) {
      return known;
    }
    const points = samePlace
      ? before.points
      : route({ rect: sourceRect, port }, { rect: targetRect, port: into }, bends, {
          early: isGateway(source.kind),
        });
    const edge: FlowEdge = {
      id: flow.id,
      type: 'flow',
      source: flow.from,
      target: flow.to,
      sourceHandle: port.id,
      targetHandle: into.id,
      data: { flow, points, label, isDefault, mark, change, bends, portX: port.x, portY: port.y },
      selected,
      focusable: false,
      // It holds the insert button; an image may hold none.
      ariaRole: 'group',
      domAttributes: spoken(() => describeFlow(source, target)),
      reconnectable: input.editable && selected,
      zIndex: 3 * depth,
    };
    spokenOf.set(edge, parts);
    return edge;
  }
}

/** Whether two inputs differ in nothing but the places of a drag. */
function onlyMoves(a: ModelInput, b: ModelInput): boolean {
  return (Object.keys(b) as (keyof ModelInput)[]).every((name) => name === 'moving' || a[name] === b[name]);
}

/** What is dragged, with the boundary events at it and everything inside. */
function carriedBy(
  document: ProcessDocument,
  depths: ReadonlyMap<string, number>,
  moving: ReadonlyMap<string, Point>,
): readonly string[] {
  if (moving.size === 0) return [];
  const { attached } = indexOf(document);
  const inside = [...depths.keys()].filter((id) => ancestorsOf(document, id).some((a) => moving.has(a)));
  return [...moving.keys(), ...inside].flatMap((id) => [
    id,
    ...(attached.get(id) ?? []).map((event) => event.id),
  ]);
}

function sameMark(a: Mark | undefined, b: Mark | undefined): boolean {
  return a === b || (a?.severity === b?.severity && a?.count === b?.count);
}

const handlerTables = new WeakMap<ProcessDocument, ReadonlySet<unknown>>();

/** Steps that a compensation event names as what undoes its host. */
function handlersOf(document: ProcessDocument): ReadonlySet<unknown> {
  const known = handlerTables.get(document);
  if (known) return known;
  const handlers = new Set(
    document.nodes.flatMap((node) => (node.handler === undefined ? [] : [node.handler])),
  );
  handlerTables.set(document, handlers);
  return handlers;
}

const depthTables = new WeakMap<ProcessDocument, ReadonlyMap<string, number>>();

/** How deep in sub-processes each node is; empty when there are none. */
function depthsOf(document: ProcessDocument): ReadonlyMap<string, number> {
  const known = depthTables.get(document);
  if (known) return known;
  const inner = document.nodes.filter((node) => node.parent !== undefined);
  const depths = new Map(inner.map(({ id }) => [id, ancestorsOf(document, id).length]));
  depthTables.set(document, depths);
  return depths;
}

function depthOf(depths: ReadonlyMap<string, number>, id: string): number {
  return depths.get(id) ?? 0;
}

/** Findings inside a folded sub-process show at it. */
function gathered(
  marks: ReadonlyMap<string, Mark> | undefined,
  hidden: ReadonlyMap<string, string>,
): ReadonlyMap<string, Mark> | undefined {
  if (!marks) return undefined;
  const result = new Map<string, Mark>();
  for (const [id, mark] of marks) {
    const shown = hidden.get(id) ?? id;
    const known = result.get(shown);
    const severity = known?.severity === 'error' ? 'error' : mark.severity;
    result.set(shown, { severity, count: mark.count + (known?.count ?? 0) });
  }
  return result;
}

/** The node that takes this one along in a drag: itself, its host, or a sub-process around it. */
function carrierOf(
  document: ProcessDocument,
  id: string,
  moving: ReadonlyMap<string, Point>,
): string | undefined {
  if (moving.size === 0) return undefined;
  if (moving.has(id)) return id;
  const host = indexOf(document).nodes.get(id)?.attachedTo;
  if (host !== undefined && moving.has(host)) return host;
  return ancestorsOf(document, id).find((around) => moving.has(around));
}

function touches(document: ProcessDocument, flow: Flow, moving: ReadonlyMap<string, Point>): boolean {
  return (
    carrierOf(document, flow.from, moving) !== undefined || carrierOf(document, flow.to, moving) !== undefined
  );
}

/** A boundary event follows its host while that is dragged, and a step its sub-process. */
function placeOf(
  document: ProcessDocument,
  node: ProcessNode,
  stored: ReadonlyMap<string, Point>,
  moving: ReadonlyMap<string, Point>,
): Point {
  const at = stored.get(node.id) ?? [0, 0];
  const carrier = carrierOf(document, node.id, moving);
  if (carrier === undefined) return at;
  const to = moving.get(carrier) as Point;
  if (carrier === node.id) return to;
  const from = stored.get(carrier) ?? at;
  return [at[0] + to[0] - from[0], at[1] + to[1] - from[1]];
}

function freePorts(leaving: readonly Flow[] | undefined, geometry: Geometry): string {
  if (geometry.outputs.length === 0) return NO_PORTS;
  return geometry.outputs
    .filter((port) => !leaving?.some((flow) => portOf(flow) === port.id))
    .map((port) => port.id)
    .join('\n');
}

const handleCache = new WeakMap<Geometry, StepNode['handles']>();
const HIT = 24;

/** Ports as the library wants them: boxes of the hit area, so that nothing is measured. */
function handlesOf(geometry: Geometry): StepNode['handles'] {
  const known = handleCache.get(geometry);
  if (known) return known;
  const box = (port: { x: number; y: number }) => ({
    x: port.x - HIT / 2,
    y: port.y - HIT / 2,
    width: HIT,
    height: HIT,
  });
  const handles = [
    ...(geometry.input
      ? [
          {
            id: geometry.input.id,
            type: 'target' as const,
            position: geometry.input.side as never,
            ...box(geometry.input),
          },
        ]
      : []),
    ...geometry.outputs.map((port) => ({
      id: port.id,
      type: 'source' as const,
      position: port.side as never,
      ...box(port),
    })),
  ];
  handleCache.set(geometry, handles);
  return handles;
}

export function stepDomId(id: string): string {
  return `step-${id}`;
}
