import { isDraft } from 'immer';
import type { Flow, ProcessDocument, ProcessNode } from './types';

/**
 * A process nests the steps of a sub-process inside it. Whatever draws or edits works on the flat form: all nodes and
 * flows in one list, each nested node naming its sub-process in `parent`. Ids are unique in a definition, so nothing
 * is lost; `flatten` and `nest` are inverse.
 */

export const CONTAINER = 'subProcess';

export function isContainer(node: Pick<ProcessNode, 'kind'>): boolean {
  return node.kind === CONTAINER;
}

const flats = new WeakMap<ProcessDocument, ProcessDocument>();

/** The flat form; the same object when nothing is nested. */
export function flatten(document: ProcessDocument): ProcessDocument {
  const known = flats.get(document);
  if (known) return known;
  if (document.nodes.every((node) => node.nodes === undefined && node.flows === undefined)) {
    // A draft changes under the same identity, so nothing is remembered of it.
    if (!isDraft(document)) flats.set(document, document);
    return document;
  }
  const nodes: ProcessNode[] = [];
  const flows: Flow[] = [...document.flows];
  const take = (list: readonly ProcessNode[], parent: string | undefined): void => {
    for (const node of list) {
      const { nodes: inner, flows: between, ...own } = node;
      const nested = inner !== undefined || between !== undefined;
      nodes.push(!nested && parent === node.parent ? node : withParent(own as ProcessNode, parent));
      if (between) flows.push(...between);
      if (inner) take(inner, node.id);
    }
  };
  // Nodes that are flat already keep the sub-process they name.
  for (const node of document.nodes) take([node], node.parent);
  const flat = { ...document, nodes, flows };
  flats.set(document, flat);
  return flat;
}

function withParent(node: ProcessNode, parent: string | undefined): ProcessNode {
  const { parent: _, ...rest } = node;
  return (parent === undefined ? rest : { ...rest, parent }) as ProcessNode;
}

const nested = new WeakMap<ProcessDocument, ProcessDocument>();

/** The form that is stored: steps inside their sub-process, flows beside the nodes they join. */
export function nest(document: ProcessDocument): ProcessDocument {
  if (!document.nodes.some((node) => isContainer(node) || node.parent !== undefined)) return document;
  const known = nested.get(document);
  if (known) return known;
  const flat = flatten(document);
  const parents = parentsOf(flat);
  const inside = new Map<string | undefined, ProcessNode[]>();
  for (const node of flat.nodes) push(inside, parents.get(node.id), node);
  const between = new Map<string | undefined, Flow[]>();
  for (const flow of flat.flows) {
    push(between, parents.has(flow.from) ? parents.get(flow.from) : parents.get(flow.to), flow);
  }
  const build = (node: ProcessNode): ProcessNode => {
    const own = node.parent === undefined ? node : withParent(node, undefined);
    const inner = inside.get(node.id);
    if (!isContainer(node) && !inner) return own;
    return { ...own, nodes: (inner ?? []).map(build), flows: between.get(node.id) ?? [] };
  };
  const result = {
    ...flat,
    nodes: (inside.get(undefined) ?? []).map(build),
    flows: between.get(undefined) ?? [],
  };
  nested.set(document, result);
  return result;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

const parentTables = new WeakMap<ProcessDocument, ReadonlyMap<string, string | undefined>>();

/** The sub-process of every node of a flat document; a parent that does not exist, or is inside itself, counts as none. */
export function parentsOf(document: ProcessDocument): ReadonlyMap<string, string | undefined> {
  const known = isDraft(document) ? undefined : parentTables.get(document);
  if (known) return known;
  const stated = new Map(document.nodes.map((node) => [node.id, node.parent]));
  const parents = new Map<string, string | undefined>();
  for (const [id, parent] of stated) {
    const seen = new Set([id]);
    let at = parent;
    while (at !== undefined && stated.has(at) && !seen.has(at)) {
      seen.add(at);
      at = stated.get(at);
    }
    const sound = at === undefined || !stated.has(at);
    parents.set(id, sound && parent !== undefined && stated.has(parent) ? parent : undefined);
  }
  if (!isDraft(document)) parentTables.set(document, parents);
  return parents;
}

/** Sub-processes round a node, the innermost first. */
export function ancestorsOf(document: ProcessDocument, id: string): string[] {
  const parents = parentsOf(document);
  const around: string[] = [];
  for (let at = parents.get(id); at !== undefined; at = parents.get(at)) around.push(at);
  return around;
}

/** Everything inside the given sub-processes, at any depth, without themselves. */
export function insideOf(document: ProcessDocument, ids: Iterable<string>): Set<string> {
  const wanted = new Set(ids);
  const inside = new Set<string>();
  if (wanted.size === 0) return inside;
  for (const { id } of document.nodes) {
    if (ancestorsOf(document, id).some((around) => wanted.has(around))) inside.add(id);
  }
  return inside;
}

/** True when the steps of this sub-process are drawn; folded away otherwise. */
export function isOpen(document: ProcessDocument, node: ProcessNode): boolean {
  return isContainer(node) && document.layout?.[node.id]?.collapsed !== true;
}

const NONE: ReadonlyMap<string, string> = new Map();
const hiddenTables = new WeakMap<ProcessDocument, ReadonlyMap<string, string>>();

/** Nodes inside folded sub-processes, with the outermost folded one, which stands for them. */
export function hiddenIn(document: ProcessDocument): ReadonlyMap<string, string> {
  const known = hiddenTables.get(document);
  if (known) return known;
  const folded = new Set(
    document.nodes.filter((node) => isContainer(node) && !isOpen(document, node)).map(({ id }) => id),
  );
  const hidden = new Map<string, string>();
  for (const { id } of folded.size > 0 ? document.nodes : []) {
    const outermost = ancestorsOf(document, id).findLast((around) => folded.has(around));
    if (outermost !== undefined) hidden.set(id, outermost);
  }
  const result = hidden.size > 0 ? hidden : NONE;
  hiddenTables.set(document, result);
  return result;
}
