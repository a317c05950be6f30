import { snapshot } from './document';
import { ancestorsOf, flatten, insideOf, isContainer } from './scopes';
import type { Flow, Group, LayoutEntry, Note, ProcessDocument, ProcessNode } from './types';

/**
 * One changed field of one element, as the server merges it. An empty path adds (before null) or removes (after null) the
 * element. Elements inside sub-processes are named like all others: a node has its sub-process as `parent`.
 */
export interface ElementPatch {
  readonly element: string;
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

const LISTS = new Set(['nodes', 'flows', 'notes', 'groups', 'layout']);

/**
 * What turns `base` into `next`, element by element and field by field. Lists inside a field count as one value. A
 * sub-process comes before what is put into it, and goes after what is taken out of it.
 */
export function diffDocuments(base: ProcessDocument, next: ProcessDocument): ElementPatch[] {
  return base === next ? [] : diff(flatten(base), flatten(next));
}

function diff(base: ProcessDocument, next: ProcessDocument): ElementPatch[] {
  const nodes: ElementPatch[] = [];
  diffById(nodes, 'nodes', mapById(base.nodes), mapById(next.nodes));
  const patches = inOrder(nodes, base, next);
  diffById(patches, 'flows', mapById(base.flows), mapById(next.flows));
  diffById(patches, 'notes', mapById(base.notes ?? []), mapById(next.notes ?? []));
  diffById(patches, 'groups', mapById(base.groups ?? []), mapById(next.groups ?? []));
  diffById(
    patches,
    'layout',
    new Map(Object.entries(base.layout ?? {})),
    new Map(Object.entries(next.layout ?? {})),
  );
  diffFields(patches, 'meta', [], without(base), without(next));
  return patches;
}

/** Added from the outside in, then changed, then removed from the inside out. */
function inOrder(
  patches: readonly ElementPatch[],
  base: ProcessDocument,
  next: ProcessDocument,
): ElementPatch[] {
  const added: { patch: ElementPatch; depth: number }[] = [];
  const changed: ElementPatch[] = [];
  const removed: { patch: ElementPatch; depth: number }[] = [];
  for (const patch of patches) {
    const id = patch.element.slice('nodes/'.length);
    if (patch.path.length > 0) changed.push(patch);
    else if (patch.before === null) added.push({ patch, depth: ancestorsOf(next, id).length });
    else removed.push({ patch, depth: ancestorsOf(base, id).length });
  }
  added.sort((a, b) => a.depth - b.depth);
  removed.sort((a, b) => b.depth - a.depth);
  return [...added.map(({ patch }) => patch), ...changed, ...removed.map(({ patch }) => patch)];
}

function mapById<T extends { id: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function without(document: ProcessDocument): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([field]) => !LISTS.has(field)));
}

function diffById(
  patches: ElementPatch[],
  list: string,
  before: ReadonlyMap<string, object>,
  after: ReadonlyMap<string, object>,
): void {
  for (const [id, item] of after) {
    const old = before.get(id);
    if (old === item) continue;
    const element = `${list}/${id}`;
    if (!old) patches.push({ element, path: [], before: null, after: item });
    else diffFields(patches, element, [], old as Record<string, unknown>, item as Record<string, unknown>);
  }
  for (const [id, item] of before) {
    if (!after.has(id)) patches.push({ element: `${list}/${id}`, path: [], before: item, after: null });
  }
}

function diffFields(
  patches: ElementPatch[],
  element: string,
  path: readonly string[],
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): void {
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const a = before[field];
    const b = after[field];
    if (equal(a, b)) continue;
    const at = [...path, field];
    if (isPlain(a) && isPlain(b)) diffFields(patches, element, at, a, b);
    else patches.push({ element, path: at, before: a ?? null, after: b ?? null });
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deep equality of JSON values; absent and undefined are the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  for (const key of new Set([...Object.keys(x), ...Object.keys(y)])) if (!equal(x[key], y[key])) return false;
  return true;
}

/** Carries patches over onto another document, e.g. unsent edits onto what the server merged. Mutates `document`, which is flat. */
export function applyElementPatches(document: ProcessDocument, patches: readonly ElementPatch[]): void {
  for (const patch of patches) {
    if (patch.element === 'meta') {
      setAt(document, patch.path, patch.after);
      continue;
    }
    const slash = patch.element.indexOf('/');
    const list = patch.element.slice(0, slash);
    const id = patch.element.slice(slash + 1);
    if (list === 'layout') applyToLayout(document, id, patch);
    else if (list === 'nodes') applyToNodes(document, id, patch);
    else if (list === 'flows') applyToList(document.flows, id, patch);
    else if (list === 'notes' || list === 'groups') {
      document[list] ??= [];
      applyToList(document[list], id, patch);
    }
  }
}

/** What a document has at the place of a patch; null where there is nothing. */
export function valueAt(
  document: ProcessDocument,
  { element, path }: Pick<ElementPatch, 'element' | 'path'>,
): unknown {
  const slash = element.indexOf('/');
  const id = element.slice(slash + 1);
  let value: unknown = document;
  if (slash >= 0) {
    const list = document[element.slice(0, slash)];
    value = Array.isArray(list)
      ? list.find((item: { id?: unknown }) => item.id === id)
      : (list as Record<string, unknown> | undefined)?.[id];
  }
  for (const key of path) value = isPlain(value) ? value[key] : undefined;
  return value ?? null;
}

/** Whether two people's patches meet in one place and leave different things there. */
export function clashing(mine: readonly ElementPatch[], theirs: readonly ElementPatch[]): boolean {
  const byElement = new Map<string, ElementPatch[]>();
  for (const patch of theirs) {
    const known = byElement.get(patch.element);
    if (known) known.push(patch);
    else byElement.set(patch.element, [patch]);
  }
  return mine.some((patch) =>
    (byElement.get(patch.element) ?? []).some((other) => {
      const shared = Math.min(patch.path.length, other.path.length);
      for (let i = 0; i < shared; i++) if (patch.path[i] !== other.path[i]) return false;
      return patch.path.length !== other.path.length || !equal(patch.after, other.after);
    }),
  );
}

/** Takes over of `patches` only what nobody else has changed since, and no connection without its steps. */
export function applyOwnPatches(document: ProcessDocument, patches: readonly ElementPatch[]): void {
  const plain = snapshot(document);
  const own = patches.filter((patch) => equal(valueAt(plain, patch), patch.before));
  applyElementPatches(document, own);
  if (!own.some(({ element, path }) => path.length === 0 && !element.startsWith('layout/'))) return;
  const ids = new Set(snapshot(document).nodes.map(({ id }) => id));
  document.flows = document.flows.filter((flow) => ids.has(flow.from) && ids.has(flow.to));
}

/**
 * Puts an element back that somebody else deleted: a step with what is inside it and attached to it, its place, and the
 * connections whose other end is still there.
 */
export function restoreElement(document: ProcessDocument, from: ProcessDocument, element: string): void {
  const slash = element.indexOf('/');
  const id = element.slice(slash + 1);
  const list = element.slice(0, slash);
  if (list === 'notes' || list === 'groups') {
    const item = from[list]?.find((candidate) => candidate.id === id);
    document[list] ??= [];
    if (item && !document[list].some((known) => known.id === id))
      document[list].push(structuredClone(item) as never);
    return;
  }
  const present = new Set(snapshot(document).nodes.map((node) => node.id));
  const back = new Set<string>();
  if (list === 'nodes') {
    const inner = insideOf(from, [id]);
    for (const node of from.nodes) {
      if (node.id !== id && !inner.has(node.id) && node.attachedTo !== id) continue;
      if (present.has(node.id)) continue;
      const { parent, ...rest } = node;
      const home = parent !== undefined && (present.has(parent) || back.has(parent));
      document.nodes.push(structuredClone(home ? node : rest) as ProcessNode);
      back.add(node.id);
      const entry = from.layout?.[node.id];
      document.layout ??= {};
      if (entry) document.layout[node.id] = structuredClone(entry);
    }
  }
  const known = new Set(snapshot(document).flows.map((flow) => flow.id));
  for (const flow of from.flows) {
    const wanted = flow.id === id || back.has(flow.from) || back.has(flow.to);
    const joined = [flow.from, flow.to].every((end) => present.has(end) || back.has(end));
    if (wanted && joined && !known.has(flow.id)) document.flows.push(structuredClone(flow));
  }
}

/** With a sub-process goes what is still in it. */
function applyToNodes(document: ProcessDocument, id: string, patch: ElementPatch): void {
  if (patch.path.length === 0 && patch.after === null) {
    const plain = snapshot(document);
    const inner = plain.nodes.some((node) => node.id === id && isContainer(node))
      ? insideOf(plain, [id])
      : undefined;
    if (inner && inner.size > 0) {
      document.nodes = plain.nodes.filter((node) => !inner.has(node.id));
      document.flows = plain.flows.filter((flow) => !inner.has(flow.from) && !inner.has(flow.to));
    }
  }
  applyToList(document.nodes, id, patch);
}

function applyToLayout(document: ProcessDocument, id: string, patch: ElementPatch): void {
  document.layout ??= {};
  if (patch.path.length === 0) {
    if (patch.after === null) delete document.layout[id];
    else document.layout[id] = structuredClone(patch.after) as LayoutEntry;
    return;
  }
  document.layout[id] ??= {};
  setAt(document.layout[id], patch.path, patch.after);
}

type Listed = ProcessNode | Flow | Note | Group;

function applyToList(list: Listed[], id: string, patch: ElementPatch): void {
  const position = list.findIndex((item) => item.id === id);
  const found = list[position];
  if (patch.path.length > 0) {
    if (found) setAt(found, patch.path, patch.after);
  } else if (patch.after === null) {
    if (found) list.splice(position, 1);
  } else {
    const item = structuredClone(patch.after) as Listed;
    if (found) list[position] = item;
    else list.push(item);
  }
}

/** A member of that name would be written into the prototype of all objects; no process needs one. */
const PROTOTYPE = '__proto__';

function setAt(target: object, path: readonly string[], value: unknown): void {
  if (path.includes(PROTOTYPE)) return;
  let holder = target as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    if (!isPlain(holder[key])) holder[key] = {};
    holder = holder[key] as Record<string, unknown>;
  }
  const last = path.at(-1) as string;
  if (value === null) delete holder[last];
  else holder[last] = structuredClone(value);
}

export type ChangeKind = 'added' | 'removed' | 'changed' | 'moved';

export interface ElementChange {
  readonly element: 'node' | 'flow' | 'process';
  readonly id: string;
  readonly kind: ChangeKind;
  readonly fields: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
}

/** Changes by element, for people: compared by id and port, never by name; a node that only moved says so. */
export function changesBetween(base: ProcessDocument, next: ProcessDocument): ElementChange[] {
  const changes = new Map<
    string,
    { element: ElementChange['element']; id: string; kind: ChangeKind; fields: ElementChange['fields'] }
  >();
  const nodeIds = new Set([...flatten(base).nodes, ...flatten(next).nodes].map((node) => node.id));
  for (const patch of diff(flatten(base), flatten(next))) {
    const slash = patch.element.indexOf('/');
    const list = slash < 0 ? patch.element : patch.element.slice(0, slash);
    const id = slash < 0 ? '' : patch.element.slice(slash + 1);
    const field = { path: patch.path.join('.'), before: patch.before, after: patch.after };
    if (list === 'layout') {
      if (!nodeIds.has(id) || patch.path[0] === 'bends' || patch.path[0] === 'placed') continue;
      if (!changes.has(`nodes/${id}`))
        changes.set(`nodes/${id}`, { element: 'node', id, kind: 'moved', fields: [] });
      continue;
    }
    const element = list === 'nodes' ? 'node' : list === 'flows' ? 'flow' : 'process';
    const whole = patch.path.length === 0;
    const kind: ChangeKind = !whole ? 'changed' : patch.before === null ? 'added' : 'removed';
    const known = changes.get(patch.element);
    changes.set(patch.element, { element, id, kind, fields: whole ? [] : [...(known?.fields ?? []), field] });
  }
  return [...changes.values()];
}
