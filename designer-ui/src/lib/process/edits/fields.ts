import { flowToEdit, indexOf, nodeToEdit, outcomesOf, snapshot } from '../document';
import type { KindDescriptor, KindTable } from '../kinds';
import { insideOf, isContainer } from '../scopes';
import { OUT, type Outcome, type ProcessDocument, type ProcessNode, portOf } from '../types';
import { dropBends } from './place';
import { deleteElements } from './remove';

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

export function toggleDisabled(document: ProcessDocument, ids: Iterable<string>): void {
  const chosen = new Set(ids);
  const nodes = document.nodes.filter((node) => chosen.has(node.id));
  const disable = nodes.some((node) => !node.disabled);
  for (const node of nodes) {
    if (disable) node.disabled = true;
    else delete node.disabled;
  }
}
