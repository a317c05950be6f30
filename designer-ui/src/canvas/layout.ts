import type { ElkEdgeSection, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';
import { indexOf } from '@/lib/process/document';
import { boundsOf, geometryOf, outputPort, positionsOf, type Rect, rectOf } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { conditionOf, type Point, type ProcessDocument, portOf } from '@/lib/process/types';

/** Room under a node for its caption, which is drawn outside its box. */
const CAPTION = 36;

export interface LayoutResult {
  readonly places: ReadonlyMap<string, Point>;
  readonly bends: ReadonlyMap<string, Point[]>;
}

/**
 * The graph for ELK: nodes with ports at fixed places, layered left to right. Boundary events are ports of their host,
 * so that what hangs on them is put near it. With `only`, just these nodes and the flows between them.
 */
export function toElk(document: ProcessDocument, kinds: KindTable, only?: ReadonlySet<string>): ElkNode {
  const { nodes, attached } = indexOf(document);
  const chosen = document.nodes.filter((node) => !node.attachedTo && (!only || only.has(node.id)));
  const hosts = new Set(chosen.map((node) => node.id));
  const places = positionsOf(kinds, document);
  const children: ElkNode[] = chosen.map((node) => {
    const geometry = geometryOf(kinds, node);
    const events = attached.get(node.id) ?? [];
    const [x, y] = places.get(node.id) ?? [0, 0];
    const caption = geometry.shape === 'card' || geometry.shape === 'pill' ? 0 : CAPTION;
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
          const [ex] = places.get(event.id) ?? [x, y];
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
    const port = source.attachedTo ? 'out' : outputPort(geometryOf(kinds, source), portOf(flow))?.id;
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
    before.push(rectOf(kinds, node, at));
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
  return { places: result, bends };
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

/** Lays out the document, or only the given nodes, off the main thread. Aborting ends the worker. */
export async function layoutDocument(
  document: ProcessDocument,
  kinds: KindTable,
  options: { only?: ReadonlySet<string>; signal?: AbortSignal } = {},
): Promise<LayoutResult> {
  const id = next++;
  const abort = (): void => stopWorker(new DOMException('layout canceled', 'AbortError') as Error);
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const laid = await new Promise<ElkNode>((resolve, reject) => {
      jobs.set(id, { resolve, reject });
      warmWorker().postMessage({ id, graph: toElk(document, kinds, options.only) });
    });
    return fromElk(document, kinds, laid);
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}
