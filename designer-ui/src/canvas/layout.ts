import type { ElkEdgeSection, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';
import { indexOf } from '@/lib/process/document';
import { isPlaced } from '@/lib/process/edits';
import {
  boundsOf,
  drawnGeometry,
  FRAME,
  type Geometry,
  geometryOf,
  outputPort,
  positionsOf,
  type Rect,
  rectOf,
} from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { ancestorsOf, flatten, hiddenIn, isOpen, parentsOf } from '@/lib/process/scopes';
import { conditionOf, type Point, type ProcessDocument, type ProcessNode, portOf } from '@/lib/process/types';
import { likeness, roundKept } from './layoutKept';

/** Room under a node for its caption, which is drawn outside its box. */
const CAPTION = 36;
const BOXES = new Set(['card', 'pill', 'frame']);

export interface LayoutResult {
  readonly places: ReadonlyMap<string, Point>;
  readonly bends: ReadonlyMap<string, Point[]>;
  /** How large open sub-processes are to be. */
  readonly sizes: ReadonlyMap<string, Point>;
}

/** One scope to lay out: the process itself, or the inside of a sub-process. */
export interface LayoutScope {
  readonly only?: ReadonlySet<string> | undefined;
  readonly parent?: string | undefined;
  /** Sizes that inner sub-processes will have. */
  readonly sizes?: ReadonlyMap<string, Point> | undefined;
}

/**
 * The graph for ELK: nodes with ports at fixed places, layered left to right. Boundary events are ports of their host,
 * so that what hangs on them is put near it. With `only`, just these nodes and the flows between them. A sub-process is
 * one box; what is in it is laid out by itself before.
 */
export function toElk(document: ProcessDocument, kinds: KindTable, scope: LayoutScope = {}): ElkNode {
  const { only, parent, sizes } = scope;
  const { nodes, attached } = indexOf(document);
  const parents = parentsOf(document);
  const chosen = document.nodes.filter(
    (node) => !node.attachedTo && parents.get(node.id) === parent && (!only || only.has(node.id)),
  );
  const sized = (node: ProcessNode): Geometry => {
    const geometry = drawnGeometry(kinds, document, node);
    const size = sizes?.get(node.id);
    if (!size) return geometry;
    const [width, height] = size;
    const y = height / 2;
    return {
      ...geometry,
      width,
      height,
      input: geometry.input && { ...geometry.input, y },
      outputs: geometry.outputs.map((port) => ({ ...port, x: width, y })),
    };
  };
  const hosts = new Set(chosen.map((node) => node.id));
  const places = positionsOf(kinds, document);
  const children: ElkNode[] = chosen.map((node) => {
    const geometry = sized(node);
    const events = attached.get(node.id) ?? [];
    const [x, y] = places.get(node.id) ?? [0, 0];
    const caption = BOXES.has(geometry.shape) ? 0 : CAPTION;
    const hang = events.length > 0 ? geometryOf(kinds, events[0] as never).height / 2 : 0;
    return {
      id: node.id,
      width: geometry.width,
      height: geometry.height + Math.max(caption, hang),
      layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
      ports: [
        ...(geometry.input ? [elkPort(`${node.id}\nin`, 'WEST', geometry.input.x, geometry.input.y)] : []),
        ...geometry.outputs.map((port) => elkPort(`${node.id}\n${port.id}`, 'EAST', port.x, port.y)),
        ...events.map((event) => {
          const drawn = drawnGeometry(kinds, document, node);
          // Attached events hang from the right border, which moves with the size.
          const ex = (places.get(event.id) ?? [x, y])[0] + geometry.width - drawn.width;
          const { width } = geometryOf(kinds, event);
          return elkPort(
            `${event.id}\nout`,
            'SOUTH',
            ex - x + width / 2,
            geometry.height + Math.max(caption, hang),
          );
        }),
      ],
    };
  });
  const edges: ElkExtendedEdge[] = document.flows.flatMap((flow) => {
    const source = nodes.get(flow.from);
    const target = nodes.get(flow.to);
    if (!source || !target) return [];
    const host = source.attachedTo ?? source.id;
    if (!hosts.has(host) || !hosts.has(target.id) || !geometryOf(kinds, target).input) return [];
    const port = source.attachedTo
      ? 'out'
      : outputPort(drawnGeometry(kinds, document, source), portOf(flow))?.id;
    if (port === undefined) return [];
    const label = flow.name ?? conditionOf(flow);
    // Room for the label, which the canvas places itself.
    const labels =
      label === '' ? [] : [{ text: label, width: Math.min(label.length, 24) * 6.5 + 20, height: 20 }];
    return [{ id: flow.id, sources: [`${source.id}\n${port}`], targets: [`${target.id}\nin`], labels }];
  });
  return {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.spacing.nodeNode': '48',
      'elk.spacing.edgeNode': '24',
      'elk.spacing.edgeEdge': '16',
      'elk.layered.spacing.nodeNodeBetweenLayers': '80',
      'elk.layered.spacing.edgeNodeBetweenLayers': '28',
      // Back edges are those to an ancestor on the way from the start, as a reader sees them.
      'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.layered.feedbackEdges': 'true',
    },
    children,
    edges,
  };
}

function elkPort(id: string, side: string, x: number, y: number) {
  return { id, x, y, width: 0, height: 0, layoutOptions: { 'elk.port.side': side } };
}

/** Places and bends out of ELK's answer, moved so that the laid out part keeps its top left corner. */
export function fromElk(document: ProcessDocument, kinds: KindTable, laid: ElkNode): LayoutResult {
  const places = positionsOf(kinds, document);
  const { nodes } = indexOf(document);
  const before: Rect[] = [];
  const after: Rect[] = [];
  for (const child of laid.children ?? []) {
    const node = nodes.get(child.id);
    const at = places.get(child.id);
    if (!node || !at) continue;
    before.push(rectOf(kinds, node, at, document));
    after.push({ x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 });
  }
  const dx = boundsOf(before).x - boundsOf(after).x;
  const dy = boundsOf(before).y - boundsOf(after).y;
  const move = (x: number, y: number): Point => [Math.round(x + dx), Math.round(y + dy)];
  const result = new Map<string, Point>();
  for (const child of laid.children ?? []) result.set(child.id, move(child.x ?? 0, child.y ?? 0));
  const bends = new Map<string, Point[]>();
  for (const edge of laid.edges ?? []) {
    const section: ElkEdgeSection | undefined = edge.sections?.[0];
    bends.set(
      edge.id,
      (section?.bendPoints ?? []).map((point) => move(point.x, point.y)),
    );
  }
  return { places: result, bends, sizes: new Map() };
}

interface Job {
  readonly resolve: (graph: ElkNode) => void;
  readonly reject: (error: Error) => void;
}

let worker: Worker | undefined;
let next = 1;
const jobs = new Map<number, Job>();

/** The worker stays warm after its first layout: loading ELK costs more than laying out a small graph. */
function warmWorker(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('./elk.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = (event: MessageEvent<{ id: number; graph?: ElkNode; error?: string }>) => {
    const { id, graph, error } = event.data;
    const job = jobs.get(id);
    jobs.delete(id);
    if (graph) job?.resolve(graph);
    else job?.reject(new Error(error ?? 'layout failed'));
  };
  worker.onerror = (event) => {
    stopWorker(new Error(event.message || 'layout failed'));
  };
  return worker;
}

function stopWorker(reason: Error): void {
  worker?.terminate();
  worker = undefined;
  for (const job of jobs.values()) job.reject(reason);
  jobs.clear();
}

async function runElk(graph: ElkNode): Promise<ElkNode> {
  const id = next++;
  return new Promise<ElkNode>((resolve, reject) => {
    jobs.set(id, { resolve, reject });
    warmWorker().postMessage({ id, graph });
  });
}

/** The room that a drawing has in a window of middle size, in points of the drawing at the least size that can be read. */
const PAGE = { width: 1350, height: 1090 };
/** Proportions that lines are tried in: which one breaks at good places is not known before. */
const PROPORTIONS = [1, 1.25, 1.55];
/** Beyond this many steps it is no page to look at, and laying it out once more takes long. */
const MAX_IN_LINES = 150;
/** Lines have to be so much larger on the screen than one row, which is easier to follow. */
const WORTH = 1.3;
/** Looking for better places to break fails on some graphs that can be broken without. */
const UNIMPROVED = {
  'elk.layered.wrapping.multiEdge.improveCuts': 'false',
  'elk.layered.wrapping.multiEdge.improveWrappedEdges': 'false',
};
/** What a line that begins with nothing but an end costs. */
const WIDOW = 0.85;

/** How well a drawing reads when all of it is shown: its size, less for ends that were torn from their steps. */
function worthOf(graph: ElkNode, ends: ReadonlySet<string>): number {
  const { width = 1, height = 1, children = [], edges = [] } = graph;
  const left = new Map(children.map(({ id, x = 0 }) => [id, x]));
  const nodeOf = (port: string | undefined): string => port?.split('\n')[0] ?? '';
  const widows = edges.filter(({ sources, targets }) => {
    const [from, to] = [nodeOf(sources[0]), nodeOf(targets[0])];
    return ends.has(to) && (left.get(to) ?? 0) < (left.get(from) ?? 0);
  });
  return Math.min(1, PAGE.width / width, PAGE.height / height) * WIDOW ** widows.length;
}

/** One row, or, when that is too long to be read, lines one below the other as in a text, if they can be read better. */
export async function layInLines(
  graph: ElkNode,
  ends: ReadonlySet<string>,
  lay: (graph: ElkNode) => Promise<ElkNode>,
  worthFor: (graph: ElkNode) => number = (laid) => worthOf(laid, ends),
): Promise<ElkNode> {
  const row = await lay(graph);
  let [best, worth] = [row, worthFor(row) * WORTH];
  if (worth >= WORTH || (graph.children?.length ?? 0) > MAX_IN_LINES) return row;
  // ELK cannot break every graph into lines, and says so by failing; who cancels wants no other way.
  const inLines = (options: Record<string, string>, otherwise: () => ElkNode | Promise<ElkNode>) =>
    lay({ ...graph, layoutOptions: { ...graph.layoutOptions, ...options } }).catch((error: unknown) => {
      if (error instanceof DOMException) throw error;
      return otherwise();
    });
  for (const proportion of PROPORTIONS) {
    const broken = {
      'elk.aspectRatio': String((proportion * PAGE.width) / PAGE.height),
      'elk.layered.wrapping.strategy': 'MULTI_EDGE',
      'elk.layered.wrapping.additionalEdgeSpacing': '32',
    };
    const lines = await inLines(broken, () => inLines({ ...broken, ...UNIMPROVED }, () => row));
    if (lines === row || worthFor(lines) < worth) continue;
    [best, worth] = [lines, worthFor(lines)];
  }
  return best;
}

/** What a layout is to cover, and what it leaves where it is. */
export interface LayoutOptions {
  readonly only?: ReadonlySet<string>;
  /** Steps that a person placed stay, and the others are laid out round them. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Lays out the document, or only the given nodes, off the main thread: open sub-processes first, the innermost before
 * those around them, then the whole with each of them as one box. Aborting ends the worker.
 */
export async function layoutDocument(
  given: ProcessDocument,
  kinds: KindTable,
  options: LayoutOptions = {},
  lay: (graph: ElkNode) => Promise<ElkNode> = runElk,
): Promise<LayoutResult> {
  const document = flatten(given);
  const kept = options.keep ? keptOf(document, options.only) : new Set<string>();
  const abort = (): void => stopWorker(new DOMException('layout canceled', 'AbortError') as Error);
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    if (options.only) {
      const [first] = options.only;
      const parent = first === undefined ? undefined : parentsOf(document).get(first);
      const laid = await lay(toElk(document, kinds, { only: options.only, parent }));
      const result = fromElk(document, kinds, laid);
      if (!options.keep) return result;
      const blocked = besides(document, kinds, options.only, parent);
      return roundKept(laid, result, pick(positionsOf(kinds, document), kept), blocked);
    }
    const anchors = new Map(pick(positionsOf(kinds, document), kept));
    const settle = (laid: ElkNode): LayoutResult =>
      roundKept(laid, fromElk(document, kinds, laid), anchors, []);
    const sizes = new Map<string, Point>();
    const inner: { id: string; laid: LayoutResult; origin: Point }[] = [];
    for (const { id } of openScopes(document)) {
      const laid = settle(await lay(toElk(document, kinds, { parent: id, sizes })));
      const box = boundsOf(boxes(document, kinds, laid, sizes));
      const width = Math.max(FRAME.width, box.width + 2 * FRAME.side);
      const height = Math.max(FRAME.height, box.height + FRAME.top + FRAME.bottom);
      sizes.set(id, [Math.round(width), Math.round(height)]);
      inner.push({ id, laid, origin: [box.x, box.y] });
      // A sub-process with kept steps in it stays round them.
      if ([...laid.places.keys()].some((step) => kept.has(step)))
        anchors.set(id, [Math.round(box.x - FRAME.side), Math.round(box.y - FRAME.top)]);
    }
    const ends = new Set(document.nodes.filter(({ kind }) => kind === 'endEvent').map(({ id }) => id));
    const worth = kept.size > 1 ? (laid: ElkNode) => likeness(laid, anchors) : undefined;
    const whole = settle(await layInLines(toElk(document, kinds, { sizes }), ends, lay, worth));
    const places = new Map(whole.places);
    const bends = new Map(whole.bends);
    // From the outside in: where a sub-process has come to lie says where its steps do.
    for (const { id, laid, origin } of inner.reverse()) {
      const at = places.get(id);
      if (!at) continue;
      const dx = at[0] + FRAME.side - origin[0];
      const dy = at[1] + FRAME.top - origin[1];
      const move = ([x, y]: Point): Point => [Math.round(x + dx), Math.round(y + dy)];
      for (const [step, place] of laid.places) places.set(step, move(place));
      for (const [flow, points] of laid.bends) bends.set(flow, points.map(move));
    }
    return { places, bends, sizes };
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

/** What stays: steps that a person placed, and the sub-processes round them. */
export function keptOf(document: ProcessDocument, only?: ReadonlySet<string>): Set<string> {
  const kept = new Set<string>();
  for (const node of document.nodes) {
    if (!isPlaced(document, node.id) || node.attachedTo) continue;
    for (const id of [node.id, ...ancestorsOf(document, node.id)]) if (!only || only.has(id)) kept.add(id);
  }
  return kept;
}

function pick(places: ReadonlyMap<string, Point>, ids: ReadonlySet<string>): ReadonlyMap<string, Point> {
  return new Map([...places].filter(([id]) => ids.has(id)));
}

/** The room that steps take which are not laid out with the chosen ones. */
function besides(
  document: ProcessDocument,
  kinds: KindTable,
  only: ReadonlySet<string>,
  parent: string | undefined,
): Rect[] {
  const places = positionsOf(kinds, document);
  const parents = parentsOf(document);
  return document.nodes
    .filter(({ id, attachedTo }) => !attachedTo && !only.has(id) && parents.get(id) === parent)
    .map((node) => {
      const rect = rectOf(kinds, node, places.get(node.id) ?? [0, 0], document);
      const caption = BOXES.has(drawnGeometry(kinds, document, node).shape) ? 0 : CAPTION;
      return { ...rect, height: rect.height + caption };
    });
}

/** Open sub-processes that can be seen and hold something, the innermost first. */
function openScopes(document: ProcessDocument): ProcessNode[] {
  const hidden = hiddenIn(document);
  const parents = new Set(parentsOf(document).values());
  const depth = ({ id }: ProcessNode): number => ancestorsOf(document, id).length;
  return document.nodes
    .filter((node) => isOpen(document, node) && !hidden.has(node.id) && parents.has(node.id))
    .sort((a, b) => depth(b) - depth(a));
}

function boxes(
  document: ProcessDocument,
  kinds: KindTable,
  laid: LayoutResult,
  sizes: ReadonlyMap<string, Point>,
): Rect[] {
  const { nodes } = indexOf(document);
  return [...laid.places].flatMap(([id, [x, y]]) => {
    const node = nodes.get(id);
    if (!node) return [];
    const { width, height } = drawnGeometry(kinds, document, node);
    const size = sizes.get(id);
    return [{ x, y, width: size?.[0] ?? width, height: size?.[1] ?? height }];
  });
}
