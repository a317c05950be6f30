/** Filters as the server takes them, and as a person builds them. */
export type FilterOp =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'contains'
  | 'startsWith'
  | 'in'
  | 'empty'
  | 'notEmpty';

export type Match = 'all' | 'any' | 'none';
export type Leaf = { field: string; op: FilterOp; value?: unknown };
export type Group = { match: Match; items: Node[] };
export type Node = Leaf | Group;

export const isGroup = (node: Node): node is Group => 'match' in node;
export const noFilter: Group = { match: 'all', items: [] };

const matches: readonly Match[] = ['all', 'any', 'none'];

/** Groups inside each other that the server takes. */
export const deepest = 4;

/** Comparisons that need no value. */
export const bare = (op: FilterOp) => op === 'empty' || op === 'notEmpty';

const unset = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** What of a filter says something: conditions without a value and groups without conditions are left out. */
export function pruned(node: Node): Node | null {
  if (!isGroup(node)) return bare(node.op) || !unset(node.value) ? node : null;
  const items = node.items.map(pruned).filter((item) => item !== null);
  return items.length > 0 ? { match: node.match, items } : null;
}

const written = (node: Node): unknown =>
  isGroup(node)
    ? { [node.match]: node.items.map(written) }
    : bare(node.op)
      ? { field: node.field, op: node.op }
      : { field: node.field, op: node.op, value: node.value };

/** The filter as the address and the server want it; nothing for one that says nothing. */
export function print(node: Node): string | undefined {
  const kept = pruned(node);
  return kept ? JSON.stringify(written(kept)) : undefined;
}

function read(tree: unknown, depth: number): Node | null {
  if (typeof tree !== 'object' || tree === null || depth > deepest) return null;
  const members = tree as Record<string, unknown>;
  for (const match of matches) {
    const items = members[match];
    if (Array.isArray(items))
      return { match, items: items.map((item) => read(item, depth + 1)).filter((item) => item !== null) };
  }
  return typeof members.field === 'string' && typeof members.op === 'string'
    ? { field: members.field, op: members.op as FilterOp, value: members.value }
    : null;
}

/** Reads the filter of an address; what cannot be read is none. */
export function parse(text: string | undefined): Group {
  if (!text) return noFilter;
  try {
    const node = read(JSON.parse(text), 0);
    return !node ? noFilter : isGroup(node) ? node : { match: 'all', items: [node] };
  } catch {
    return noFilter;
  }
}

/** How many conditions a filter has. */
export const count = (node: Node): number =>
  isGroup(node) ? node.items.reduce((sum, item) => sum + count(item), 0) : 1;

/** Another node, or none, in the place of one: a path of positions. */
export function put(root: Group, path: readonly number[], next: Node | null): Group {
  const [at, ...rest] = path;
  if (at === undefined) return next && isGroup(next) ? next : noFilter;
  const items = root.items.flatMap((item, index) => {
    if (index !== at) return [item];
    if (rest.length > 0) return isGroup(item) ? [put(item, rest, next)] : [item];
    return next ? [next] : [];
  });
  return { ...root, items };
}

/** Adds a node to the end of the group at a path. */
export function add(root: Group, path: readonly number[], node: Node): Group {
  const [at, ...rest] = path;
  if (at === undefined) return { ...root, items: [...root.items, node] };
  return {
    ...root,
    items: root.items.map((item, index) => (index === at && isGroup(item) ? add(item, rest, node) : item)),
  };
}

const relative = /^today(?:([+-])(\d+)d)?$/;

/** The days from today that a date means, "today-7d" is -7; nothing for a date of the calendar. */
export function daysFromToday(value: unknown): number | null {
  const found = relative.exec(typeof value === 'string' ? value : '');
  return found ? Number(`${found[1] ?? ''}${found[2] ?? 0}`) : null;
}

export const fromToday = (days: number): string =>
  days === 0 ? 'today' : days > 0 ? `today+${days}d` : `today-${-days}d`;
