import { current, isDraft } from 'immer';
import { flatten } from './scopes';
import type { Flow, Outcome, ProcessDocument, ProcessNode } from './types';

/** Look-up tables of one document value. Built once per document identity, since edits make a new one. */
export interface DocumentIndex {
  readonly nodes: ReadonlyMap<string, ProcessNode>;
  readonly flows: ReadonlyMap<string, Flow>;
  readonly incoming: ReadonlyMap<string, readonly Flow[]>;
  readonly outgoing: ReadonlyMap<string, readonly Flow[]>;
  /** Boundary events by the id of the node they are attached to, in document order. */
  readonly attached: ReadonlyMap<string, readonly ProcessNode[]>;
}

/**
 * The document as a plain value. Edits read this and write to the draft: reading 2,000 nodes through a draft costs
 * more than a frame, and look-ups are remembered per plain value only.
 */
export function snapshot(document: ProcessDocument): ProcessDocument {
  return isDraft(document) ? current(document) : document;
}

/** The node to write to. */
export function nodeToEdit(document: ProcessDocument, id: string | undefined): ProcessNode | undefined {
  const position = snapshot(document).nodes.findIndex((node) => node.id === id);
  return position < 0 ? undefined : document.nodes[position];
}

/** The flow to write to. */
export function flowToEdit(document: ProcessDocument, id: string): Flow | undefined {
  const position = snapshot(document).flows.findIndex((flow) => flow.id === id);
  return position < 0 ? undefined : document.flows[position];
}

const cache = new WeakMap<object, DocumentIndex>();
const NONE: readonly never[] = [];

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

export function indexOf(document: ProcessDocument): DocumentIndex {
  // A draft changes under the same identity: what is remembered belongs to plain values.
  if (isDraft(document)) return indexOf(snapshot(document));
  const known = cache.get(document);
  if (known) return known;
  const flat = flatten(document);
  if (flat !== document) return indexOf(flat);
  const nodes = new Map<string, ProcessNode>();
  const flows = new Map<string, Flow>();
  const incoming = new Map<string, Flow[]>();
  const outgoing = new Map<string, Flow[]>();
  const attached = new Map<string, ProcessNode[]>();
  for (const node of document.nodes) {
    nodes.set(node.id, node);
    if (node.kind === 'boundaryEvent' && node.attachedTo) push(attached, node.attachedTo, node);
  }
  for (const flow of document.flows) {
    flows.set(flow.id, flow);
    push(incoming, flow.to, flow);
    push(outgoing, flow.from, flow);
  }
  const index: DocumentIndex = { nodes, flows, incoming, outgoing, attached };
  cache.set(document, index);
  return index;
}

export function incomingOf(document: ProcessDocument, id: string): readonly Flow[] {
  return indexOf(document).incoming.get(id) ?? NONE;
}

export function outgoingOf(document: ProcessDocument, id: string): readonly Flow[] {
  return indexOf(document).outgoing.get(id) ?? NONE;
}

export function attachedOf(document: ProcessDocument, id: string): readonly ProcessNode[] {
  return indexOf(document).attached.get(id) ?? NONE;
}

/** Outcomes that the node's config lists, in order; tolerates a draft's half-written ones. */
export function outcomesOf(node: ProcessNode): Outcome[] {
  const listed = node.config?.outcomes;
  if (!Array.isArray(listed)) return [];
  return listed.filter(
    (outcome): outcome is Outcome =>
      typeof outcome === 'object' && outcome !== null && typeof (outcome as Outcome).name === 'string',
  );
}

/** Ids of all elements: what is drawn shares one name space. */
export function takenIds(document: ProcessDocument): Set<string> {
  const taken = new Set<string>();
  for (const node of document.nodes) taken.add(node.id);
  for (const flow of document.flows) taken.add(flow.id);
  for (const note of document.notes ?? []) taken.add(note.id);
  for (const group of document.groups ?? []) taken.add(group.id);
  return taken;
}

export function isGateway(kind: string): boolean {
  return kind.endsWith('Gateway') || kind === 'complexJoin';
}

/** True for kinds whose outgoing flows may be chosen by a condition. */
export function decides(kind: string): boolean {
  return kind === 'exclusiveGateway' || kind === 'inclusiveGateway';
}

/** Nodes that a token can reach from `seeds`, over flows and from a node to its boundary events. */
export function reachable(document: ProcessDocument, seeds: Iterable<string>): Set<string> {
  const { outgoing, attached } = indexOf(document);
  const seen = new Set<string>(seeds);
  const queue = [...seen];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const next = [
      ...(outgoing.get(id) ?? NONE).map((flow) => flow.to),
      ...(attached.get(id) ?? NONE).map((node) => node.id),
    ];
    for (const to of next) {
      if (seen.has(to)) continue;
      seen.add(to);
      queue.push(to);
    }
  }
  return seen;
}

/** Nodes from which `seeds` can be reached: the mirror of `reachable`. */
export function upstream(document: ProcessDocument, seeds: Iterable<string>): Set<string> {
  const { incoming, nodes } = indexOf(document);
  const seen = new Set<string>(seeds);
  const queue = [...seen];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const before = (incoming.get(id) ?? NONE).map((flow) => flow.from);
    const host = nodes.get(id)?.attachedTo;
    if (host) before.push(host);
    for (const from of before) {
      if (seen.has(from)) continue;
      seen.add(from);
      queue.push(from);
    }
  }
  return seen;
}
